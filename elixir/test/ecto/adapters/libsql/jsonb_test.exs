if Code.ensure_loaded?(Ecto.Adapters.SQL) do
  Code.require_file("repo_case.exs", __DIR__)

  defmodule Ecto.Adapters.LibSql.JSONBTest do
    use Ecto.Adapters.LibSql.RepoCase, async: true

    alias Ecto.Adapters.LibSql.JSONB

    @values [
      nil,
      true,
      false,
      0,
      -1,
      9_223_372_036_854_775_808,
      1.5,
      -1.0e300,
      "",
      "plain",
      ~s(with "quotes", \\ and \n lines),
      "äöü 🎉",
      [],
      %{},
      [1, [2, [3]], %{"a" => nil}],
      %{"a" => %{"b" => [true, "x"]}, "" => 0, "k\"ey" => 1}
    ]

    test "the engine reads what is encoded, and what it encodes is read" do
      for value <- @values ++ Enum.map([10, 11, 12, 255, 256, 70_000], &String.duplicate("x", &1)) do
        jsonb = JSONB.encode!(value)
        assert JSONB.decode(jsonb) == {:ok, value}
        assert [[1, text]] = rows("SELECT json_valid(?1, 8), json(?1)", [{:blob, jsonb}])
        assert Jason.decode!(text) == value
        assert [[written]] = rows("SELECT jsonb(?1)", [Jason.encode!(value)])
        assert JSONB.decode(written) == {:ok, value}
      end
    end

    test "JSON5 in JSONB is read" do
      for {json5, value} <- [
            {"0x1F", 31},
            {"-0x10", -16},
            {".5", 0.5},
            {"-5.", -5.0},
            {"+1.", 1.0},
            {"5.e2", 500.0},
            {"{a: 1, 'b': 'it\\'s \"', }", %{"a" => 1, "b" => "it's \""}},
            {"'\\x41\\v\\0\\\n.'", "A\v\0."},
            {~S("\u00e4\n\/"), "ä\n/"}
          ] do
        assert [[written]] = rows("SELECT jsonb(?1)", [json5])
        assert JSONB.decode(written) == {:ok, value}
      end
    end

    test "bytes that are not JSONB are an error" do
      for bytes <- [
            "",
            <<13>>,
            <<0x10>>,
            <<0x1B>>,
            <<0xF7, 255::64, ?a>>,
            <<0, 0>>,
            <<0x1C, 0>>,
            <<0x2C, 0, 0>>,
            <<0x17, 255>>,
            <<0x13, ?x>>,
            "{\"a\":10}"
          ] do
        assert JSONB.decode(bytes) == :error
      end

      for _ <- 1..2_000, do: JSONB.decode(:crypto.strong_rand_bytes(:rand.uniform(40)))
    end
  end
end
