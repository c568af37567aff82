defmodule EctoLibSql.JSON do
  @moduledoc false

  @doc false
  def encode!(value) do
    library = Application.get_env(:ecto_libsql, :json_library, Jason)

    if Code.ensure_loaded?(library) do
      library.encode!(value)
    else
      raise ArgumentError, "a map needs a JSON library: #{inspect(library)} is not there"
    end
  end
end
