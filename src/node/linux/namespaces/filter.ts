import { spawnSync } from "node:child_process"
import koffi from "koffi"

/** nftables of the namespace in which it was opened and is used. */
export interface Filter {
  /** All of it or nothing; answers with what was asked to be listed, with handles. */
  run(text: string): string
  close(): void
}

/** In this process where the machine has the library, which takes half a millisecond, and through the command elsewhere. */
export function openFilter(): Filter {
  return library === undefined ? commandFilter : libraryFilter(library)
}

export const commandFilter: Filter = {
  run(text) {
    const { status, stdout, stderr, error } = spawnSync("nft", ["-a", "-f", "-"], { input: text, encoding: "utf8" })
    if (status !== 0) throw new FilterError(error?.message ?? stderr)
    return stdout
  },
  close() {},
}

function libraryFilter(nftables: Library): Filter {
  const context = nftables.newContext(0)
  nftables.setOutput(context, WITH_HANDLES)
  nftables.bufferOutput(context)
  nftables.bufferError(context)
  return {
    run(text) {
      for (;;) {
        const failed = nftables.run(context, text) !== 0
        // Reading empties them.
        const output: string = nftables.output(context)
        const error: string = nftables.error(context)
        if (!failed) return output
        // A signal came in between, and nothing was changed.
        if (!error.includes("Interrupted system call")) throw new FilterError(error)
      }
    },
    close: () => nftables.freeContext(context),
  }
}

const WITH_HANDLES = 1 << 3

export class FilterError extends Error {
  override readonly name = "FilterError"

  /** What is named is not there. */
  readonly code: string | undefined

  constructor(message: string) {
    super(`nftables: ${message.trim()}`)
    this.code = message.includes("No such file or directory") ? "ENOENT" : undefined
  }
}

type Library = NonNullable<ReturnType<typeof loadLibrary>>

const library = loadLibrary()

function loadLibrary() {
  try {
    const nftables = koffi.load("libnftables.so.1")
    return {
      newContext: nftables.func("void *nft_ctx_new(uint32_t flags)"),
      freeContext: nftables.func("void nft_ctx_free(void *context)"),
      setOutput: nftables.func("void nft_ctx_output_set_flags(void *context, uint32_t flags)"),
      bufferOutput: nftables.func("int nft_ctx_buffer_output(void *context)"),
      bufferError: nftables.func("int nft_ctx_buffer_error(void *context)"),
      output: nftables.func("const char *nft_ctx_get_output_buffer(void *context)"),
      error: nftables.func("const char *nft_ctx_get_error_buffer(void *context)"),
      run: nftables.func("int nft_run_cmd_from_buffer(void *context, const char *text)"),
    }
  } catch {
    return undefined
  }
}
