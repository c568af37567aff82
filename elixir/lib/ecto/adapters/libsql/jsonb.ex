defmodule Ecto.Adapters.LibSql.JSONB do
  @moduledoc false
  # Encodes and decodes SQLite's binary form of JSON: https://sqlite.org/jsonb.html
  #
  # Both functions use the application's JSON library for what it decides: which types become objects, and how numbers
  # are read.

  import Bitwise

  @doc "A value as JSONB."
  @spec encode!(term) :: binary
  def encode!(value) do
    {:ok, plain} = value |> EctoLibSql.JSON.encode!() |> EctoLibSql.JSON.decode()
    plain |> element() |> IO.iodata_to_binary()
  end

  @doc "The value of a JSONB, or `:error` if the bytes are not JSONB."
  @spec decode(binary) :: {:ok, term} | :error
  def decode(bytes) do
    case value(bytes) do
      {value, ""} -> {:ok, value}
      _ -> :error
    end
  catch
    :malformed -> :error
  end

  ## Writing

  defp element(nil), do: <<0>>
  defp element(true), do: <<1>>
  defp element(false), do: <<2>>
  defp element(number) when is_integer(number), do: sized(3, Integer.to_string(number))

  defp element(text) when is_binary(text) do
    plain? = not String.match?(text, ~r/["\\\x00-\x1f]/)
    sized(if(plain?, do: 7, else: 10), text)
  end

  defp element(list) when is_list(list), do: sized(11, Enum.map(list, &element/1))

  defp element(%{__struct__: _} = number), do: sized(5, EctoLibSql.JSON.encode!(number))

  defp element(%{} = map) do
    sized(12, Enum.map(map, fn {key, value} -> [element(key), element(value)] end))
  end

  defp element(number), do: sized(5, EctoLibSql.JSON.encode!(number))

  defp sized(type, payload) do
    case IO.iodata_length(payload) do
      size when size < 12 -> [size <<< 4 ||| type, payload]
      size when size < 0x100 -> [0xC0 ||| type, <<size::8>>, payload]
      size when size < 0x10000 -> [0xD0 ||| type, <<size::16>>, payload]
      size when size < 0x100000000 -> [0xE0 ||| type, <<size::32>>, payload]
      size -> [0xF0 ||| type, <<size::64>>, payload]
    end
  end

  ## Reading

  defp value(<<12::4, type::4, size::8, rest::binary>>), do: value(type, size, rest)
  defp value(<<13::4, type::4, size::16, rest::binary>>), do: value(type, size, rest)
  defp value(<<14::4, type::4, size::32, rest::binary>>), do: value(type, size, rest)
  defp value(<<15::4, type::4, size::64, rest::binary>>), do: value(type, size, rest)
  defp value(<<size::4, type::4, rest::binary>>) when size < 12, do: value(type, size, rest)
  defp value(_), do: throw(:malformed)

  defp value(type, size, rest) do
    case rest do
      <<payload::binary-size(size), rest::binary>> -> {read(type, payload), rest}
      _ -> throw(:malformed)
    end
  end

  defp read(0, ""), do: nil
  defp read(1, ""), do: true
  defp read(2, ""), do: false
  defp read(3, text), do: json(text)
  defp read(4, text), do: integer(text)
  defp read(5, text), do: json(text)
  defp read(6, text), do: text |> complete() |> json()

  defp read(type, text) when type in [7, 10],
    do: if(String.valid?(text), do: text, else: throw(:malformed))

  defp read(8, text), do: json([?", text, ?"])
  defp read(9, text), do: json([?", text |> plain() |> Enum.reverse(), ?"])
  defp read(11, payload), do: elements(payload, [])

  defp read(12, payload) do
    payload |> elements([]) |> Enum.chunk_every(2) |> Map.new(&pair/1)
  end

  defp read(_, _), do: throw(:malformed)

  defp pair([key, value]) when is_binary(key), do: {key, value}
  defp pair(_), do: throw(:malformed)

  defp elements("", values), do: Enum.reverse(values)

  defp elements(payload, values) do
    {value, rest} = value(payload)
    elements(rest, [value | values])
  end

  defp json(text) do
    case text |> IO.iodata_to_binary() |> EctoLibSql.JSON.decode() do
      {:ok, value} -> value
      {:error, _} -> throw(:malformed)
    end
  end

  # JSON5 extensions: hexadecimal numbers, decimal points without digits, other escapes.
  defp integer("-" <> text), do: -integer(text)
  defp integer("+" <> text), do: integer(text)

  defp integer(<<?0, x, digits::binary>>) when x in [?x, ?X] do
    case Integer.parse(digits, 16) do
      {number, ""} -> number
      _ -> throw(:malformed)
    end
  end

  defp integer(_), do: throw(:malformed)

  defp complete("+" <> text), do: complete(text)
  defp complete("-" <> text), do: "-" <> complete(text)
  defp complete("." <> text), do: "0." <> text
  defp complete(text), do: String.replace(text, ~r/\.(?!\d)/, ".0")

  defp plain(text), do: plain(text, [])
  defp plain("", done), do: done
  defp plain("\\\r\n" <> rest, done), do: plain(rest, done)

  defp plain(<<?\\, c, rest::binary>>, done) when c in [?\n, ?\r], do: plain(rest, done)

  defp plain(<<?\\, 0xE2, 0x80, c, rest::binary>>, done) when c in [0xA8, 0xA9],
    do: plain(rest, done)

  defp plain("\\x" <> <<hex::binary-size(2), rest::binary>>, done),
    do: plain(rest, ["\\u00" <> hex | done])

  defp plain("\\v" <> rest, done), do: plain(rest, ["\\u000b" | done])
  defp plain("\\0" <> rest, done), do: plain(rest, ["\\u0000" | done])
  defp plain("\\'" <> rest, done), do: plain(rest, ["'" | done])
  defp plain("\"" <> rest, done), do: plain(rest, ["\\\"" | done])
  defp plain(<<?\\, c, rest::binary>>, done), do: plain(rest, [<<?\\, c>> | done])
  defp plain(<<c, rest::binary>>, done), do: plain(rest, [c | done])
end
