defmodule EctoLibSql.JSON do
  @moduledoc false

  @doc false
  def encode!(value), do: library().encode!(value)

  @doc false
  def decode(text), do: library().decode(text)

  defp library do
    library = Application.get_env(:ecto_libsql, :json_library, Jason)

    Code.ensure_loaded?(library) ||
      raise ArgumentError, "a map needs a JSON library: #{inspect(library)} is not there"

    library
  end
end
