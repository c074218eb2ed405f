import { onScopeDispose, readonly, ref, type Ref } from "vue";

/** Whether there is room for a side column. */
export function useWide(): Readonly<Ref<boolean>> {
  const query = window.matchMedia("(min-width: 960px)");
  const wide = ref(query.matches);
  const look = () => (wide.value = query.matches);
  query.addEventListener("change", look);
  onScopeDispose(() => query.removeEventListener("change", look));
  return readonly(wide);
}
