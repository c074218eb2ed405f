import { createApp } from "vue";
import "@/shared/base.css";
import { setUpI18n } from "@/shared/i18n";
import zh from "./locales/zh-CN.json";
import RoomApp from "./RoomApp.vue";

void setUpI18n(zh, () => import("./locales/en.json")).then((i18n) => createApp(RoomApp).use(i18n).mount("#app"));
