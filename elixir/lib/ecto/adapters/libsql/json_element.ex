if Code.ensure_loaded?(Ecto.Adapters.SQL.Connection) do
  defmodule Ecto.Adapters.LibSql.JsonElement do
    @moduledoc false
    # Values as the elements of a JSON array have them, which cannot hold bytes.

    alias EctoLibSql.TypeOptions

    @doc "The SQL of a value of this type as an element; `:same` where it is as everywhere."
    @spec text(iodata, term) :: iodata | :same
    def text(sql, :binary), do: ["CAST(", sql, " AS TEXT)"]

    def text(sql, id) when id in [:binary_id, :uuid] do
      if TypeOptions.get(:"#{id}_type") == :binary, do: uuid(sql), else: :same
    end

    def text(_sql, _type), do: :same

    # Of its 16 bytes.
    defp uuid(sql) do
      parts =
        for {from, size} <- [{1, 8}, {9, 4}, {13, 4}, {17, 4}, {21, 12}],
            do: ["substr(hex(", sql, "), #{from}, #{size})"]

      ["lower(", Enum.intersperse(parts, " || '-' || "), ")"]
    end
  end
end
