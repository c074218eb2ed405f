/** What the officer last looked at in the list: kept while they are inside a case, so that "back" finds it again. */

import { reactive } from "vue";

export const chosen = reactive<{ tab: "today" | "open" | "closed"; q: string }>({ tab: "today", q: "" });
