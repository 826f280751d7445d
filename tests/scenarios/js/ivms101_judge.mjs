// Judges travel-rule messages by a library that others wrote: `node ivms101_judge.mjs FOLDER_OF_PACKAGES FILE...`; a line of JSON a file.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const [folder, ...files] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { IVMS101_2023Schema } = require('ivms101');

for (const file of files) {
  const judged = IVMS101_2023Schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  const issues = judged.success ? [] : judged.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  console.log(JSON.stringify({ valid: judged.success, issues }));
}
