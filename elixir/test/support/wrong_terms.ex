defmodule EctoLibSql.Test.WrongTerms do
  @moduledoc """
  Terms of every kind, at random from `:rand`'s state in the process: `:rand.seed(:exsss, seed)`
  repeats them.
  """

  import Bitwise

  @deep_size 100_000

  @doc "What is costly to make, once; to be given to `any/1`."
  def prepare do
    %{
      deep: Enum.reduce(1..@deep_size, [], fn _, inner -> [inner] end),
      deep_tuple: Enum.reduce(1..@deep_size, {}, fn _, inner -> {inner} end),
      deep_improper: Enum.reduce(1..@deep_size, "x", fn _, inner -> [inner | "y"] end),
      deep_map: Enum.reduce(1..@deep_size, %{}, fn i, inner -> %{i => inner} end),
      wide_map: Map.new(1..20_000, &{"k#{&1}", &1}),
      wide_list: Enum.to_list(1..20_000),
      long: String.duplicate("a", 1_000_000),
      fun: fn -> :ok end,
      foreign: [self(), make_ref(), hd(Port.list()), :ets.new(:wrong_terms, [])]
    }
  end

  @doc "Any term; one in a hundred is costly."
  def any(made) do
    case :rand.uniform(100) do
      1 -> costly(made)
      n when n <= 8 -> pick(made.foreign)
      n when n <= 11 -> made.fun
      _ -> small(3)
    end
  end

  defp costly(made) do
    made
    |> Map.take(~w(deep deep_tuple deep_improper deep_map wide_map wide_list long)a)
    |> Map.values()
    |> pick()
  end

  @doc "One of a list."
  def pick(list), do: Enum.at(list, :rand.uniform(length(list)) - 1)

  defp small(0), do: leaf()

  defp small(depth) do
    case :rand.uniform(12) do
      1 -> many(depth)
      2 -> [leaf() | pick([leaf(), :x, <<255>>])]
      3 -> List.to_tuple(many(depth))
      4 -> Map.new(many(depth), &{&1, small(depth - 1)})
      5 -> {:blob, small(depth - 1)}
      6 -> {text(), small(depth - 1)}
      _ -> leaf()
    end
  end

  defp many(depth), do: for(_ <- 1..:rand.uniform(4), do: small(depth - 1)) |> Enum.drop(1)

  defp leaf do
    case :rand.uniform(6) do
      1 -> atom()
      2 -> integer()
      3 -> pick([0.0, -0.0, 1.5, -1.0e308, 5.0e-324, 1.7976931348623157e308])
      4 -> text()
      5 -> bytes()
      6 -> pick([[], {}, %{}, "", <<>>, <<5::3>>, <<1::1, 2::64>>, [[]], [<<5::3>>], [256], [-1]])
    end
  end

  defp atom do
    pick([
      nil,
      true,
      false,
      :infinity,
      :neg_infinity,
      :undefined,
      :deferred,
      :"",
      :"a b",
      :é,
      :日本,
      :erlang,
      EctoLibSql.Nif
    ])
  end

  defp integer do
    case :rand.uniform(4) do
      1 -> :rand.uniform(10) - 5
      2 -> (1 <<< :rand.uniform(200)) * pick([1, -1])
      3 -> pick([1 <<< 63, (1 <<< 63) - 1, -(1 <<< 63), -(1 <<< 63) - 1, 1 <<< 64])
      4 -> :rand.uniform(1 <<< 62)
    end
  end

  defp text, do: pick(["", "a", "ü😀", "a\0b", "\0", "'", "\"", ";", "--", "SELECT", ":a", "?"])

  defp bytes do
    whole = :rand.bytes(:rand.uniform(40))

    # Also one that is a part of another, and not on a byte's boundary there.
    case :rand.uniform(3) do
      1 -> whole
      2 -> binary_part(whole, 0, div(byte_size(whole), 2))
      3 -> (<<_::3, part::binary-size(4), _::bitstring>> = whole <> <<0::40>>) && part
    end
  end
end
