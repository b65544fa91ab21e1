using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Iggy.Protocol;

namespace Iggy.Cli.Values;

/// <summary>Lines of a text as messages, bytes unchanged but for the line end. What has arrived is handed on at once, so that a pipe that stays
/// open, such as <c>tail -f</c>, flows.</summary>
internal static class TextLines
{
    /// <summary>Reads batches of the lines at hand, up to a number. Empty lines are left out: SDKs lose empty messages.</summary>
    /// <param name="input">Closed at the end.</param>
    /// <param name="batchCount">Most lines of one batch.</param>
    /// <param name="read">Makes a message of a line.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Batches that live until the next is asked for.</returns>
    /// <exception cref="CommandException">A line is longer than a message may be.</exception>
    public static async IAsyncEnumerable<List<Outgoing>> ReadAsync(
        Stream input, int batchCount, Func<ReadOnlyMemory<byte>, Outgoing> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(input, new StreamPipeReaderOptions(bufferSize: 256 * 1024));
        var batch = new List<Outgoing>();
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(cancellationToken);
                var buffer = result.Buffer;
                while (TryTakeLine(ref buffer, result.IsCompleted, out var line))
                {
                    if (line.Length > ProtocolLimits.MaxMessagePayloadBytes)
                        throw TooLong();
                    if (!line.IsEmpty)
                        batch.Add(read(line.IsSingleSegment ? line.First : line.ToArray()));
                    if (batch.Count < batchCount)
                        continue;
                    yield return batch; // still in the pipe's buffer, which is given back below
                    batch.Clear();
                }
                if (batch.Count > 0)
                    yield return batch;
                batch.Clear();
                if (buffer.Length > ProtocolLimits.MaxMessagePayloadBytes)
                    throw TooLong();
                reader.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                    yield break;
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> buffer, bool isEnd, out ReadOnlySequence<byte> line)
    {
        line = buffer;
        if (buffer.PositionOf((byte)'\n') is { } end)
        {
            line = buffer.Slice(0, end);
            buffer = buffer.Slice(buffer.GetPosition(1, end));
        }
        else if (isEnd && !buffer.IsEmpty) // the last line may have no end
        {
            buffer = buffer.Slice(buffer.End);
        }
        else
        {
            return false;
        }

        if (!line.IsEmpty && line.Slice(line.Length - 1).FirstSpan[0] == (byte)'\r')
            line = line.Slice(0, line.Length - 1);
        return true;
    }

    private static CommandException TooLong() =>
        new(ExitCode.Usage, $"A line is longer than {ProtocolLimits.MaxMessagePayloadBytes} bytes, the most that a message may have.");
}
