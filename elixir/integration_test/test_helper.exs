# Runs Ecto's own suites: ECTO_SUITES=<folder with the sources of ecto and ecto_sql> mix test
# With LIBSQL_MODE=remote or replica, on the server of LIBSQL_URL: scripts/with_server mix test
folder = System.fetch_env!("ECTO_SUITES")
Logger.configure(level: :info)

# Each exclusion but one is a fact about SQLite; docs/suites.md tells them at length.
excluded = [
  # Duration needs Elixir 1.17
  :duration_type,
  # no isolation levels to choose from
  :transaction_isolation,
  # a column that holds JSON is a text where there is no schema
  :map_type_schemaless,
  # ON DELETE SET NULL and SET DEFAULT take all columns of the key
  :on_delete_nilify_column_list,
  :on_delete_default_column_list,
  # no row locks
  test: :"test lock for update",
  # array literals of PostgreSQL in SQL text
  test: :"test fragment array types",
  test: :"test Converts empty array correctly",
  # the type of a column tells nothing of a value that is read without a schema
  test: :"test reset cache on returning query after alter column type",
  # a UUID is stored, and so passed, as text
  test: :"test telemetry cast params",
  # the lock takes no connection of the pool, so a pool of one connection migrates; docs/decisions/0009
  test: :"test raises when connection pool is too small",
  # expects a column of integers to refuse a text
  test: :"test does not commit migration if insert into schema migration fails"
]

mode = EctoLibSql.Test.Modes.mode()
# A prefix is an attached database, and a server attaches none.
excluded = if mode == :local, do: excluded, else: [:prefix | excluded]

ExUnit.start(exclude: excluded)

Application.put_env(:ecto, :primary_key_type, :id)
Application.put_env(:ecto, :async_integration_tests, false)
Application.put_env(:ecto_sql, :lock_for_update, "FOR UPDATE")

file = Path.join(System.tmp_dir!(), "ecto_libsql_suites_#{System.pid()}.db")

database = EctoLibSql.Test.Modes.options(mode, file)

# They are attached from the start, to each connection: the migrations that create a prefix look whether it is there.
attached = for name <- ~w(ecto_prefix_test bad_schema_migrations), do: {name, "#{file}_#{name}"}
database = if mode == :local, do: [attach: attached] ++ database, else: database
alias Ecto.Integration.{PoolRepo, TestRepo}

sandbox = [
  pool: Ecto.Adapters.SQL.Sandbox,
  show_sensitive_data_on_connection_error: true,
  log: false
]

Application.put_env(:ecto_sql, TestRepo, database ++ sandbox)

Application.put_env(
  :ecto_sql,
  PoolRepo,
  database ++ [pool_size: 5, max_restarts: 20, max_seconds: 10]
)

Code.require_file("ecto_sql/integration_test/support/repo.exs", folder)

defmodule Ecto.Integration.TestRepo do
  use Ecto.Integration.Repo, otp_app: :ecto_sql, adapter: Ecto.Adapters.LibSql

  def create_prefix(prefix), do: "PRAGMA #{prefix}.user_version"
  def drop_prefix(prefix), do: "PRAGMA #{prefix}.user_version"
  def uuid, do: Ecto.UUID
end

defmodule Ecto.Integration.PoolRepo do
  use Ecto.Integration.Repo, otp_app: :ecto_sql, adapter: Ecto.Adapters.LibSql
end

Code.require_file("ecto/integration_test/support/schemas.exs", folder)
Code.require_file("ecto_sql/integration_test/support/migration.exs", folder)

defmodule Ecto.Integration.Case do
  use ExUnit.CaseTemplate

  setup do
    :ok = Ecto.Adapters.SQL.Sandbox.checkout(TestRepo)
  end
end

{:ok, _} = Application.ensure_all_started(:ecto_sql)
{:ok, _} = Ecto.Adapters.LibSql.ensure_all_started(TestRepo.config(), :temporary)
_ = Ecto.Adapters.LibSql.storage_down(TestRepo.config())
_ = Ecto.Adapters.LibSql.storage_up(TestRepo.config())

System.at_exit(fn _ ->
  Ecto.Adapters.LibSql.storage_down(TestRepo.config())
  for {_, path} <- attached, suffix <- ["", "-wal", "-shm"], do: File.rm(path <> suffix)
end)

{:ok, _} = TestRepo.start_link()
{:ok, _} = PoolRepo.start_link()
:ok = Ecto.Migrator.up(TestRepo, 0, Ecto.Integration.Migration, log: false)
Ecto.Adapters.SQL.Sandbox.mode(TestRepo, :manual)
Process.flag(:trap_exit, true)
