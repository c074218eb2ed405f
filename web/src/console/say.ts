/** A field's message in the language of the screen. */

import { useI18n } from "vue-i18n";
import { said } from "@/shared/i18n";
import type { FieldMessage } from "./domain/caseForm";

export function useSay(): (message: FieldMessage | undefined) => string | undefined {
  const { t } = useI18n();
  return (message) => {
    if (message === undefined) return undefined;
    return typeof message === "string" ? t(`console.check.${message}`) : said(message);
  };
}
