defmodule EctoLibSql.DoctestsTest do
  @moduledoc "The examples in the documentation of modules."
  use ExUnit.Case, async: true

  doctest EctoLibSql
  doctest EctoLibSql.Command
  doctest EctoLibSql.Error
  doctest EctoLibSql.JSON
  doctest EctoLibSql.Native
  doctest EctoLibSql.Pragma
  doctest EctoLibSql.Query
  doctest EctoLibSql.Result
  doctest EctoLibSql.State
  doctest EctoLibSql.Vector

  @public [
    EctoLibSql,
    EctoLibSql.Error,
    EctoLibSql.JSON,
    EctoLibSql.Native,
    EctoLibSql.Native.Raw,
    EctoLibSql.Options,
    EctoLibSql.Pragma,
    EctoLibSql.Query,
    EctoLibSql.Result,
    EctoLibSql.State,
    EctoLibSql.Vector,
    Ecto.Adapters.LibSql,
    Ecto.Adapters.LibSql.TypeExtension
  ]

  test "internals are hidden" do
    :ok = Application.ensure_loaded(:ecto_libsql)

    for module <- Application.spec(:ecto_libsql, :modules),
        "#{module.module_info(:compile)[:source]}" =~ "/lib/",
        {:docs_v1, _, _, _, %{}, _, _} <- [Code.fetch_docs(module)],
        do: assert(module in @public)
  end
end
