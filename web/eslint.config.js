import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules", "test/out"] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Arrays and maps are read where their length was looked at before: noUncheckedIndexedAccess makes each such place say so with "!".
      "@typescript-eslint/no-non-null-assertion": "off",
      // "() => go(…)" as an event handler gives back nothing that anybody reads.
      "@typescript-eslint/no-confusing-void-expression": "off",
      // Numbers in templates are what people read.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowArray: true }],
      // "void signal.value" reads a signal so that the component is drawn anew.
      "@typescript-eslint/no-meaningless-void-operator": "off",
      // Texts are cut and compared by code units here, as the server's places are.
      "@typescript-eslint/no-misused-spread": "off",
      // Rows come from another program: what its types promise is looked at nevertheless.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  // Tests print what they measured.
  { files: ["test/**"], rules: { "no-console": "off", "@typescript-eslint/unbound-method": "off" } },
  { files: ["*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
