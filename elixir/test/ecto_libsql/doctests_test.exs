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
end
