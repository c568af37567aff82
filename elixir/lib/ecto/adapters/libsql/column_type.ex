if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.ColumnType do
    @moduledoc """
    The SQL types that the types of a migration become.

    | in the migration | column | because |
    |---|---|---|
    | `:id` `:serial` `:bigserial` `:identity` `:integer` `:bigint` | `INTEGER` | 64 bits |
    | `:boolean` | `BOOLEAN` | numeric: 1 and 0 |
    | `:float` | `REAL` | |
    | `:decimal` `:numeric` | `DECIMAL_TEXT` | text affinity: a column declared `DECIMAL` turns what it is given into a double and loses digits behind the 15th |
    | `:string` `:text`, dates, times, `:duration` | `TEXT` | ISO 8601 sorts as text |
    | `:binary` `:bitstring` | `BLOB` | |
    | `:map` `{:map, t}` `{:array, t}` | `TEXT`, or `BLOB` | JSON, or JSONB by `map_type: :binary` and `array_type: :binary` |
    | `:binary_id` `:uuid` | `TEXT`, or `BLOB` | by `config :ecto_libsql, binary_id_type: :binary` and `uuid_type: :binary` |
    | any other atom, as `:"F32_BLOB(3)"` or `:jsonb` | itself, in upper case | |

    `size:`, `precision:` and `scale:` are accepted and not written: SQLite enforces none of them, and a
    comma inside a type keeps `modify/3` from working on the column later.

    In a STRICT table, which knows only a few types, `BOOLEAN` becomes `INTEGER` and `DECIMAL_TEXT` becomes
    `TEXT`.
    """

    @integers [:id, :serial, :bigserial, :identity, :integer, :bigint]
    @texts [:string, :text, :date, :time, :time_usec, :naive_datetime, :naive_datetime_usec] ++
             [:utc_datetime, :utc_datetime_usec, :timestamp, :datetime, :duration]

    @doc "The declared type of a column."
    @spec name(atom | String.t() | tuple, boolean) :: String.t()
    def name(type, strict \\ false)
    def name(type, _) when type in @integers, do: "INTEGER"
    def name(type, _) when type in @texts, do: "TEXT"
    def name(type, _) when type in [:binary, :bitstring], do: "BLOB"
    def name(:map, _), do: stored(:map_type)
    def name({:map, _}, _), do: stored(:map_type)
    def name({:array, _}, _), do: stored(:array_type)
    def name(:boolean, strict), do: if(strict, do: "INTEGER", else: "BOOLEAN")
    def name(:float, _), do: "REAL"
    def name(type, strict) when type in [:decimal, :numeric], do: decimal(strict)
    def name(:binary_id, _), do: stored(:binary_id_type)
    def name(:uuid, _), do: stored(:uuid_type)
    def name(type, _) when is_atom(type), do: type |> Atom.to_string() |> String.upcase()
    def name(type, _) when is_binary(type), do: type

    def name(type, _) do
      raise ArgumentError, "SQLite does not support the column type #{inspect(type)}"
    end

    defp decimal(true), do: "TEXT"
    defp decimal(false), do: "DECIMAL_TEXT"

    defp stored(option) do
      case Ecto.Adapters.LibSql.Codec.option(option) do
        :string -> "TEXT"
        :binary -> "BLOB"
      end
    end
  end
end
