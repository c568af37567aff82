defmodule EctoLibSql.QueryTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.Query

  test "arguments are encoded as what the driver binds" do
    assert Query.encode_params([1, 1.5, "a", true, false, nil, :null, {:blob, "b"}], "SELECT 1") ==
             [1, 1.5, "a", 1, 0, nil, nil, {:blob, "b"}]

    assert Query.encode_params(
             [~D[2026-11-23], ~T[01:02:03.4], ~N[2026-11-23 01:02:03]],
             "SELECT 1"
           ) ==
             ["2026-11-23", "01:02:03.4", "2026-11-23T01:02:03"]

    assert Query.encode_params(%{at: ~U[2026-11-23 01:02:03Z]}, "SELECT 1") == %{
             at: "2026-11-23T01:02:03Z"
           }
  end

  test "what is neither a proper list nor a map is left for the native code to refuse" do
    for wrong <- [[1 | 2], :a, nil, ~D[2026-11-23], "text", {1}] do
      assert Query.encode_params(wrong, "SELECT 1") == wrong
    end
  end

  test "the text of a query is that of its statement" do
    assert to_string(%Query{statement: ["SELECT ", ["1"]]}) == "SELECT 1"
  end
end
