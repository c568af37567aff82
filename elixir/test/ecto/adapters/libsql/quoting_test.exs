defmodule Ecto.Adapters.LibSql.QuotingTest do
  use ExUnit.Case, async: true

  alias Ecto.Adapters.LibSql.{Intervals, JsonPath, Quoting}

  defp text(iodata), do: IO.iodata_to_binary(iodata)

  test "names are quoted" do
    assert text(Quoting.name(:a)) == ~S|"a"|
    assert text(Quoting.name("a\"b; --")) == ~S|"a""b; --"|
    assert text(Quoting.name("aux", "t")) == ~S|"aux"."t"|
    assert text(Quoting.names([:a, "b"])) == ~S|"a", "b"|
    assert text(Quoting.name("")) == ~S|""|

    for name <- ["a\0b", "\"\0", "\0\""] do
      assert_raise ArgumentError, ~r/NUL/, fn -> Quoting.name(name) end
    end
  end

  test "texts and blobs become literals" do
    assert text(Quoting.text("it's \\")) == ~S|'it''s \'|
    assert text(Quoting.text("a\0b")) == "CAST(x'610062' AS TEXT)"
    assert text(Quoting.blob(<<0, 255>>)) == "x'00ff'"
  end

  test "JSON paths are quoted" do
    path = fn path -> path |> JsonPath.extract("m", & &1) |> text() end

    assert path.(["a", 0, "b c"]) == ~S|json_extract(m, '$.a[0]."b c"')|
    assert path.([-1]) == ~S|json_extract(m, '$[#-1]')|
    assert path.(["q\"", "it's", "\\"]) == ~S|json_extract(m, '$."q\u0022"."it''s"."\\"')|
  end

  test "an unknown interval is an error" do
    assert Intervals.add(:date_add, "d", "1", "fortnight") == :error
  end
end
