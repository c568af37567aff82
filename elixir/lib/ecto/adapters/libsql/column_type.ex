if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  defmodule Ecto.Adapters.LibSql.ColumnType do
    @moduledoc """
    The column types that the adapter declares for the types of a migration.

    | in the migration | column | notes |
    |---|---|---|
    | `:id` `:serial` `:bigserial` `:identity` `:integer` `:bigint` | `INTEGER` | 64 bits |
    | `:boolean` | `INTEGER` | 1 and 0 |
    | `:float` | `REAL` | |
    | `:decimal` `:numeric` | `DECIMAL` `NUMERIC` | every tool compares and indexes them as numbers; 15 digits |
    | the same with `precision:` above 15, or all with `decimal_type: :text` | `DECIMAL_TEXT` | text affinity: keeps all digits |
    | `:string` `:text` `:duration` | `TEXT` | |
    | `:date`, `:time` `:time_usec`, all other times | `DATE`, `TIME`, `DATETIME` | the values are ISO 8601 text, which sorts chronologically |
    | `:binary` `:bitstring` | `BLOB` | |
    | `:map` `{:map, t}` `:array` `{:array, t}` | `TEXT`, or `BLOB` | JSON, or JSONB with `map_type: :binary` and `array_type: :binary` |
    | `:binary_id` `:uuid` | `TEXT`, or `BLOB` | `BLOB` with `config :ecto_libsql, binary_id_type: :binary` and `uuid_type: :binary` |
    | any other atom, such as `:"F32_BLOB(3)"` or `:jsonb` | the atom in upper case | |

    `size:`, `precision:` and `scale:` are accepted but not written to the schema: SQLite does not enforce them, and a
    comma in a type would prevent a later `modify/3` of the column.

    In a STRICT table, which allows only a few types, dates, times and decimals become `TEXT`.
    """

    alias EctoLibSql.TypeOptions

    @integers [:id, :serial, :bigserial, :identity, :integer, :bigint]
    @texts [:string, :text, :duration]
    @times %{
      "DATE" => [:date],
      "TIME" => [:time, :time_usec],
      "DATETIME" =>
        [:naive_datetime, :naive_datetime_usec, :utc_datetime, :utc_datetime_usec] ++
          [:timestamp, :datetime]
    }

    @doc "The declared type of a column with these options; `strict` is whether the table is STRICT."
    @spec name(atom | String.t() | tuple, boolean, keyword) :: String.t()
    def name(type, strict \\ false, opts \\ [])

    def name(type, strict, opts) when type in [:decimal, :numeric] do
      cond do
        strict -> "TEXT"
        (opts[:precision] || 0) > 15 or TypeOptions.get(:decimal_type) == :text -> "DECIMAL_TEXT"
        true -> type |> Atom.to_string() |> String.upcase()
      end
    end

    def name(type, strict, _opts), do: name_of(type, strict)

    defp name_of(type, _) when type in @integers, do: "INTEGER"
    defp name_of(type, _) when type in @texts, do: "TEXT"
    defp name_of(type, _) when type in [:binary, :bitstring], do: "BLOB"
    defp name_of(:map, _), do: stored(:map_type)
    defp name_of({:map, _}, _), do: stored(:map_type)
    defp name_of({:array, _}, _), do: stored(:array_type)
    defp name_of(:array, _), do: stored(:array_type)
    defp name_of(:boolean, _), do: "INTEGER"

    for {declared, types} <- @times do
      defp name_of(type, strict) when type in unquote(types),
        do: if(strict, do: "TEXT", else: unquote(declared))
    end

    defp name_of(:float, _), do: "REAL"
    defp name_of(:binary_id, _), do: stored(:binary_id_type)
    defp name_of(:uuid, _), do: stored(:uuid_type)
    defp name_of(type, _) when is_atom(type), do: type |> Atom.to_string() |> String.upcase()
    defp name_of(type, _) when is_binary(type), do: type

    defp name_of(type, _) do
      raise ArgumentError, "SQLite does not support the column type #{inspect(type)}"
    end

    @doc "Whether a column of this declared type keeps a text of digits unchanged, by SQLite's affinity rules."
    @spec text?(String.t()) :: boolean
    def text?(declared) do
      cond do
        declared == "" -> true
        declared =~ ~r/INT/i -> false
        true -> declared =~ ~r/CHAR|CLOB|TEXT|BLOB/i
      end
    end

    @doc "Whether a column of this declared type is one for JSON: of texts or blobs, or by its name."
    @spec json?(String.t()) :: boolean
    def json?(declared), do: text?(declared) or declared =~ ~r/JSON|ARRAY|\AANY\z/i

    defp stored(option) do
      case TypeOptions.get(option) do
        :string -> "TEXT"
        :binary -> "BLOB"
      end
    end
  end
end
