defmodule EctoLibSql.ConnectionCallback do
  @moduledoc false
  # A function to be called with a connection from a pool; see EctoLibSql.with_connection/3.

  defstruct [:function]

  # An exception must not end the process of the connection, so it is passed to the caller.
  def new(function) do
    %__MODULE__{
      function: fn state ->
        try do
          {:returned, function.(state)}
        catch
          kind, reason -> {kind, reason, __STACKTRACE__}
        end
      end
    }
  end

  def result({:returned, value}), do: {:ok, value}
  def result({kind, reason, stacktrace}), do: :erlang.raise(kind, reason, stacktrace)

  if Code.ensure_loaded?(DBConnection.Query) do
    defimpl DBConnection.Query do
      def parse(call, _opts), do: call
      def describe(call, _opts), do: call
      def encode(_call, params, _opts), do: params
      def decode(_call, result, _opts), do: result
    end
  end

  defimpl String.Chars do
    def to_string(_call), do: "EctoLibSql.with_connection"
  end
end
