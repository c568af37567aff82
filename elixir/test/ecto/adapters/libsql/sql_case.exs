defmodule Ecto.Adapters.LibSql.SqlCase do
  @moduledoc "Schemas, and the SQL of queries as an adapter would plan them."

  use ExUnit.CaseTemplate

  alias Ecto.Adapters.LibSql.{Connection, DDL}

  defmodule Post do
    use Ecto.Schema

    schema "posts" do
      field(:title, :string)
      field(:visits, :integer)
      field(:cost, :decimal)
      field(:flag, :boolean)
      field(:tags, {:array, :string})
      field(:flags, {:array, :boolean})
      field(:items, {:array, :map})
      field(:meta, :map)
      field(:posted, :date)
      field(:inserted_at, :naive_datetime)
      field(:author, :string, source: :writer)
      has_many(:comments, Ecto.Adapters.LibSql.SqlCase.Comment)
    end
  end

  defmodule Comment do
    use Ecto.Schema

    schema "comments" do
      field(:body, :string)
      belongs_to(:post, Post)
    end
  end

  defmodule Dumper do
    @moduledoc false
    def loaders(_, type), do: [type]
    def dumpers(_, type), do: [type]
  end

  using do
    quote do
      import Ecto.Query
      import Ecto.Adapters.LibSql.SqlCase
      alias Ecto.Adapters.LibSql.Connection
      alias Ecto.Adapters.LibSql.SqlCase.{Comment, Post}
    end
  end

  @doc "Whether Ecto is of such a version: some macros take less in older ones."
  def ecto?(requirement) do
    Application.load(:ecto)
    Version.match?(to_string(Application.spec(:ecto, :vsn)), requirement)
  end

  def all(query), do: sql(query, :all)
  def update_all(query), do: sql(query, :update_all)
  def delete_all(query), do: sql(query, :delete_all)

  def sql(query, kind) do
    {query, _params} = plan(query, kind)
    Connection |> apply(kind, [query]) |> IO.iodata_to_binary()
  end

  @doc "The planned query and its parameters; `counter` says how many parameters precede."
  def plan(query, kind, counter \\ 0) do
    query = Ecto.Query.Planner.ensure_select(query, kind == :all)
    {query, params, _key} = Ecto.Query.Planner.plan(query, kind, Dumper)
    {query, _select} = Ecto.Query.Planner.normalize(query, kind, Dumper, counter)
    {query, Enum.map(params, &elem(&1, 1))}
  end

  @doc "A test that Ecto's query is written as this SQL."
  defmacro test_sql(kind \\ :all, name, query, sql) do
    quote do
      test unquote(name) do
        assert sql(unquote(query), unquote(kind)) == String.trim_trailing(unquote(sql))
      end
    end
  end

  def insert(table, header, rows, on_conflict \\ {:raise, [], []}, returning \\ [], extra \\ []) do
    Connection.insert(nil, table, header, rows, on_conflict, returning, extra)
    |> IO.iodata_to_binary()
  end

  @doc "The statements of a command; those inside of markers too."
  def ddl(command), do: command |> DDL.statements() |> Enum.map(&text/1)

  defp text({kind, table, column, statements}) when kind == :remove_column do
    {kind, table.name, column, Enum.map(statements, &text/1)}
  end

  defp text({:drop_table, table, statement}), do: {:drop_table, table.name, text(statement)}
  defp text({kind, table, changes}) when kind == :rebuild, do: {kind, table.name, changes}

  defp text(marker) when tuple_size(marker) == 5,
    do: put_elem(marker, 4, Enum.map(elem(marker, 4), &text/1))

  defp text(marker) when is_tuple(marker), do: marker
  defp text(statement), do: IO.iodata_to_binary(statement)
end
