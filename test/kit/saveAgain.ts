/**
 * Run in a process of its own, which is killed at some moment: saves a model over itself again and
 * again, its weight `name` doubled and halved in turn. Prints a line before each save.
 * Usage: saveAgain.ts <file> <name>
 */
import { GraphDraft } from '../../server/core/graph/draft.ts';
import { readFloats, withFloats } from '../../server/core/graph/tensorValues.ts';
import { noJob } from '../../server/core/job.ts';
import { openDocument } from '../../server/formats/index.ts';

async function saveAgain(file: string, name: string): Promise<void> {
  for (let i = 0; ; i++) {
    const opened = await openDocument(file, noJob);
    if (!opened.ok) throw new Error(opened.error.message);
    const draft = new GraphDraft(opened.value.graph);
    const weight = draft.tensor(name);
    if (!weight) throw new Error(`${name} is missing`);
    const factor = readFloats(weight).some((value) => Math.abs(value) > 1) ? 0.5 : 2;
    const values = Float32Array.from(readFloats(weight), (value) => value * factor);
    draft.setTensor(name, withFloats(weight, values));
    process.stdout.write(`${i}\n`);
    const saved = await opened.value.write(draft.close(), file, new Map(), noJob);
    if (!saved.ok) throw new Error(saved.error.message);
    saved.value.dispose();
  }
}

void saveAgain(process.argv[2] ?? '', process.argv[3] ?? '');
