import type { ErrorBody } from "@/protocol/messages";

/** A refused or failed request. `body` carries the server's sentence in both languages. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.code);
  }
}

const UNREACHABLE: ErrorBody = {
  code: "network.unreachable",
  zh: "连接不上服务器，请检查网络后再试一次。",
  en: "The server cannot be reached. Check your network and try again.",
  detail: "",
};

const UNREADABLE: ErrorBody = {
  code: "network.unreadable",
  zh: "服务器暂时没有正常回应，请过一会儿再试。",
  en: "The server did not answer properly. Please try again in a moment.",
  detail: "",
};

function isErrorBody(value: unknown): value is ErrorBody {
  const body = value as Partial<ErrorBody> | null;
  return typeof body === "object" && typeof body?.code === "string" && typeof body.zh === "string";
}

/** Whatever was thrown, as something that can be said to a person. */
export function errorBody(error: unknown): ErrorBody {
  if (error instanceof ApiError) return error.body;
  if (isErrorBody(error)) return error;
  return { ...UNREADABLE, detail: error instanceof Error ? error.message : String(error) };
}

async function request<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...init });
  } catch {
    throw new ApiError(0, UNREACHABLE);
  }
  let data: unknown;
  try {
    data = await response.json();
  } catch {
    throw new ApiError(response.status, UNREADABLE);
  }
  if (response.ok) return data as T;
  const error = (data as { error?: unknown } | null)?.error;
  throw new ApiError(response.status, isErrorBody(error) ? error : UNREADABLE);
}

export function get<T>(path: string): Promise<T> {
  return request<T>(path, { method: "GET" });
}

/** A mutation that outlives the page: nobody waits for its answer. */
export function postOnLeaving(path: string, body: object): void {
  const headers = { "Content-Type": "application/json", "X-Heshi": "1" };
  fetch(path, {
    method: "POST",
    credentials: "same-origin",
    keepalive: true,
    headers,
    body: JSON.stringify(body),
  }).catch(() => undefined);
}

/** A mutation: the header tells the server that no foreign page sent it. */
export function post<T>(path: string, body: object = {}): Promise<T> {
  return request<T>(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Heshi": "1" },
    body: JSON.stringify(body),
  });
}
