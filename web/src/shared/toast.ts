import { ref } from "vue";
import type { ErrorBody } from "@/protocol/messages";
import { errorBody } from "./api";

export interface Toast {
  id: number;
  tone: "good" | "bad";
  text?: string;
  error?: ErrorBody;
}

/** What `ToastHost` shows. */
export const toasts = ref<Toast[]>([]);
let last = 0;

function show(toast: Omit<Toast, "id">): void {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-2), { id, ...toast }];
  setTimeout(() => dismiss(id), toast.tone === "bad" ? 9000 : 4000);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

export function toastGood(text: string): void {
  show({ tone: "good", text });
}

export function toastBad(text: string): void {
  show({ tone: "bad", text });
}

/** Anything thrown by `api`, or an error body. */
export function toastError(error: unknown): void {
  show({ tone: "bad", error: errorBody(error) });
}
