// knex publishes no types for its dialects, and exports them by file alone.
declare module "knex/lib/*" {
  const part: unknown;
  export default part;
}
