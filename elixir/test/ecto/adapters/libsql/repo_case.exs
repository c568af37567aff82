defmodule Ecto.Adapters.LibSql.RepoCase do
  @moduledoc "A real repository over a database of its own for each test."

  use ExUnit.CaseTemplate

  alias EctoLibSql.Test.Modes

  defmodule Repo do
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSql

    # What the test says stands in the environment; the functions of the adapter see the same.
    def init(_context, config), do: {:ok, Keyword.merge(config, Process.get(:repo_options, []))}
  end

  using do
    quote do
      import Ecto.Query
      import Ecto.Adapters.LibSql.RepoCase
      import EctoLibSql.Test.Schema
      alias Ecto.Adapters.LibSql.RepoCase.Repo
    end
  end

  setup_all do
    {:ok, _} = Application.ensure_all_started(:ecto_sql)
    :ok
  end

  # With LIBSQL_MODE=remote or replica the tests run on the server of LIBSQL_URL, whose one database they
  # share. What needs a file of its own is tagged `:local_file` and left out then.
  setup context do
    database = temporary_file("repo.db")
    if Modes.mode() != :local, do: Modes.empty()
    if context[:repo] != false, do: start_repo(database, context[:repo] || [])
    {:ok, database: database}
  end

  @doc "A path in a folder that goes away with the test."
  def temporary_file(name) do
    folder =
      Path.join(
        System.tmp_dir!(),
        "ecto_libsql_#{System.pid()}_#{System.unique_integer([:positive])}"
      )

    File.mkdir_p!(folder)
    ExUnit.Callbacks.on_exit(fn -> remove(folder, 50) end)
    Path.join(folder, name)
  end

  # The driver closes a connection whose owner is gone on a thread of its own, and may still write here.
  defp remove(folder, 0), do: File.rm_rf!(folder)

  defp remove(folder, tries) do
    with {:error, _, _} <- File.rm_rf(folder) do
      Process.sleep(20)
      remove(folder, tries - 1)
    end
  end

  @doc "Starts a repository and makes it this process's."
  def start_repo(database, options \\ []) do
    # A replica pulls what all tests before it have written, which takes its time on a busy machine.
    defaults = [name: nil, pool_size: 2, log: false, queue_target: 60_000, queue_interval: 60_000]
    options = Keyword.merge(defaults ++ database_options(database), options)

    Process.put(:repo_options, options)
    pid = ExUnit.Callbacks.start_supervised!({Repo, options}, id: make_ref())
    Repo.put_dynamic_repo(pid)
    pid
  end

  @doc "The options that name the test's database."
  def database_options(database), do: Modes.options(Modes.mode(), database)

  @doc "The options of another database that is empty; on a server it takes the place of the test's own."
  def empty_database do
    if Modes.mode() != :local, do: Modes.empty()
    database_options(temporary_file("another.db"))
  end

  @doc "Runs statements; they take no parameters."
  def execute(statements) do
    for statement <- List.wrap(statements), do: Repo.query!(statement)
    :ok
  end

  @doc "The rows of a statement."
  def rows(sql, params \\ []), do: Repo.query!(sql, params).rows

  @doc "Sets options of the application until the test ends, as its configuration would."
  def configure(options) do
    Application.put_all_env(ecto_libsql: options)

    ExUnit.Callbacks.on_exit(fn ->
      for {name, _} <- options, do: Application.delete_env(:ecto_libsql, name)
    end)
  end

  @doc "Carries out one command of a migration."
  def ddl(command) do
    meta = Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
    {:ok, _} = Ecto.Adapters.LibSql.execute_ddl(meta, command, log: false)
    :ok
  end

  @doc "Creates a schema's table as a migration would: a column for each field, with a default from `defaults`."
  def create_table(schema, defaults \\ %{}) do
    columns =
      for field <- schema.__schema__(:fields), field != :id do
        default = for {^field, value} <- defaults, do: {:default, value}
        {:add, field, schema.__schema__(:type, field), default}
      end

    table = %Ecto.Migration.Table{name: schema.__schema__(:source)}
    ddl({:create, table, [{:add, :id, :bigserial, primary_key: true} | columns]})
  end

  @doc """
  The result of `work`, done `:inside` of a transaction as a migration does it, or `:outside` as one with
  `@disable_ddl_transaction`.
  """
  def perform!(:outside, work), do: work.()

  def perform!(:inside, work) do
    {:ok, result} = Repo.transaction(work, mode: :immediate)
    result
  end

  @doc "Undoes in the sandbox what was done, and checks out a connection anew."
  def check_out_again do
    Ecto.Adapters.SQL.Sandbox.checkin(Repo)
    :ok = Ecto.Adapters.SQL.Sandbox.checkout(Repo)
  end

  @doc "Runs a migration's commands up."
  def migrate(module, version \\ System.unique_integer([:positive])) do
    Ecto.Migrator.up(Repo, version, module, log: false, dynamic_repo: Repo.get_dynamic_repo())
  end

  @doc "An emulator of its own that evaluates `code`, as a port; its output comes in lines."
  def emulator(code) do
    paths = Enum.flat_map(:code.get_path(), &["-pa", to_string(&1)])

    Port.open({:spawn_executable, System.find_executable("elixir")}, [
      :binary,
      :exit_status,
      :stderr_to_stdout,
      line: 4096,
      args: paths ++ ["-e", code]
    ])
  end
end
