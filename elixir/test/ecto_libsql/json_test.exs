defmodule EctoLibSql.JSONTest do
  use ExUnit.Case, async: true

  alias EctoLibSql.{Error, JSON}
  alias EctoLibSql.Test.Modes

  setup do: {:ok, state: Modes.connect!(database: ":memory:")}

  test "each function returns what SQLite computes", %{state: s} do
    json = ~s({"a": [1, 2, {"b": null}], "c": "x"})
    assert {:ok, 2} = JSON.extract(s, json, "$.a[1]")
    assert {:ok, "array"} = JSON.type(s, json, "$.a")
    assert {:ok, "object"} = JSON.type(s, json)
    assert {:ok, nil} = JSON.type(s, json, "$.zzz")
    assert {:ok, true} = JSON.is_valid(s, json)
    assert {:ok, false} = JSON.is_valid(s, "{")
    assert {:ok, ~s([1,"a",null,true])} = JSON.array(s, [1, "a", nil, true])
    assert {:ok, ~s({"k":1})} = JSON.object(s, ["k", 1])
    assert {:error, {:invalid_arguments, _}} = JSON.object(s, ["k"])
    assert {:ok, [{"a", _, "array"}, {"c", "x", "text"}]} = JSON.each(s, json)
    assert {:ok, [{"$", nil, "object"} | _]} = JSON.tree(s, json)
    assert {:ok, blob} = JSON.convert(s, json, :jsonb)
    assert {:ok, ~s({"a":[1,2,{"b":null}],"c":"x"})} = JSON.convert(s, {:blob, blob})
    assert {:ok, ~s("it's")} = JSON.json_quote(s, "it's")
    assert {:ok, ~s({"c":"x"})} = JSON.remove(s, json, "$.a")
    assert {:ok, ~s({})} = JSON.remove(s, json, ["$.a", "$.c"])
    assert {:ok, ~s({"a":1})} = JSON.set(s, "{}", "$.a", 1)
    assert {:ok, "{}"} = JSON.replace(s, "{}", "$.a", 1)
    assert {:ok, ~s({"a":false})} = JSON.insert(s, "{}", "$.a", false)
    assert {:ok, ~s({"a":2})} = JSON.patch(s, ~s({"a":1,"b":1}), ~s({"a":2,"b":null}))
    assert {:ok, 3} = JSON.json_length(s, json, "$.a")
    assert {:ok, 4} = JSON.depth(s, json)
    assert {:ok, ~s(["a","c"])} = JSON.keys(s, json)
    assert {:ok, nil} = JSON.keys(s, json, "$.a")
    assert {:error, %Error{}} = JSON.extract(s, "{", "$")
    assert_raise ArgumentError, fn -> JSON.arrow_fragment("a; DROP", "b") end
  end
end
