import { createI18n } from "vue-i18n";
import { ref, type Ref } from "vue";
import type { ErrorBody } from "@/protocol/messages";
import sharedZh from "./locales/zh-CN.json";

export type Language = "zh-CN" | "en";
type Tree = { [key: string]: string | Tree };

const KEY = "heshi.language";
const chosen: Ref<Language> = ref("zh-CN");
let loadEnglish: () => Promise<Tree[]> = async () => [];
let englishLoaded = false;

export const i18n = createI18n({
  legacy: false,
  locale: "zh-CN",
  fallbackLocale: "zh-CN",
  messages: { "zh-CN": {} as Tree, en: {} as Tree },
});

function remembered(): Language {
  try {
    return localStorage.getItem(KEY) === "en" ? "en" : "zh-CN";
  } catch {
    return "zh-CN";
  }
}

/** The language of the screen now. */
export const language = chosen as Readonly<Ref<Language>>;

export async function switchLanguage(to: Language): Promise<void> {
  if (to === "en" && !englishLoaded) {
    for (const tree of await loadEnglish()) i18n.global.mergeLocaleMessage("en", tree);
    englishLoaded = true;
  }
  i18n.global.locale.value = to;
  chosen.value = to;
  document.documentElement.lang = to;
  try {
    localStorage.setItem(KEY, to);
  } catch {
    // Private windows may refuse storage; the choice then lasts as long as the page.
  }
}

/**
 * Call once before mounting: takes the area's Chinese words and a loader of its English ones (loaded only when wanted).
 * Keys of `shared/locales` stand under `shared`.
 */
export async function setUpI18n(zh: Tree, en: () => Promise<{ default: Tree }>): Promise<typeof i18n> {
  i18n.global.mergeLocaleMessage("zh-CN", sharedZh);
  i18n.global.mergeLocaleMessage("zh-CN", zh);
  loadEnglish = async () => [(await import("./locales/en.json")).default, (await en()).default];
  await switchLanguage(remembered());
  return i18n;
}

/** The sentence of an error in the language of the screen. */
export function said(error: ErrorBody): string {
  return chosen.value === "en" ? error.en : error.zh;
}
