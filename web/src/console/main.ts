import { createApp } from "vue";
import "@/shared/base.css";
import { setUpI18n } from "@/shared/i18n";
import App from "./App.vue";
import "./console.css";
import zh from "./locales/zh-CN.json";

void setUpI18n(zh, () => import("./locales/en.json")).then((i18n) => createApp(App).use(i18n).mount("#app"));
