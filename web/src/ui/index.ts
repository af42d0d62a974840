export * from "./parts";
export * from "./notes";
export { Dialog } from "./dialog";
export { Table, type TableColumn, type TableProps } from "./table";
export { useDetail, type Detail } from "./detail";
