/** What belongs to which task, so that who removes one does not look at all. */
export class ByTask<Owned> {
  readonly #owned = new Map<string, Set<Owned>>()

  add(task: TaskName, owned: Owned): void {
    const key = keyOf(task)
    const group = this.#owned.get(key)
    if (group === undefined) this.#owned.set(key, new Set([owned]))
    else group.add(owned)
  }

  delete(task: TaskName, owned: Owned): void {
    const group = this.#owned.get(keyOf(task))
    if (group?.delete(owned) && group.size === 0) this.#owned.delete(keyOf(task))
  }

  of(instance: string, taskId: string): readonly Owned[] {
    return [...(this.#owned.get(keyOf({ instance, taskId })) ?? [])]
  }
}

export interface TaskName {
  readonly instance: string
  readonly taskId: string
}

function keyOf({ instance, taskId }: TaskName): string {
  return `${instance}\0${taskId}`
}
