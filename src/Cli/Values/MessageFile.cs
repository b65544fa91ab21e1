using System.Runtime.CompilerServices;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Cli.Values;

/// <summary>Files of <c>--output-file</c> and <c>--input-file</c>: messages one after the other as a poll returns them, each a header of 64 bytes,
/// the payload, the user headers. There is no head and no index.</summary>
internal static class MessageFile
{
    /// <summary>Reads messages one by one. The file may be larger than the memory.</summary>
    /// <exception cref="CommandException">The file ends inside a message, or is none of these.</exception>
    public static async IAsyncEnumerable<Client.Message> ReadAsync(Stream file, string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var head = new byte[ClassicMessageHeader.SizeInBytes];
        for (var number = 1L; ; number++)
        {
            var read = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
            if (read == 0)
                yield break;
            if (read < head.Length)
                throw Fault(name, number, "the file ends inside its header");

            var header = ClassicMessageHeader.At(head);
            if (header.PayloadBytes > ProtocolLimits.MaxMessagePayloadBytes || header.UserHeadersBytes > ProtocolLimits.MaxUserHeadersBytes)
                throw Fault(name, number, $"a payload of {header.PayloadBytes} and headers of {header.UserHeadersBytes} bytes can't be");
            var body = new byte[header.PayloadBytes + header.UserHeadersBytes];
            if (await file.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken) < body.Length)
                throw Fault(name, number, "the file ends inside it");

            yield return new Client.Message(body.AsMemory(0, (int)header.PayloadBytes))
            {
                Id = header.Id,
                OriginTimestampMicros = header.OriginTimestampMicros,
                UserHeaders = body.AsMemory((int)header.PayloadBytes),
            };
        }
    }

    /// <summary>Writes messages behind those that are there.</summary>
    public static async Task WriteAsync(Stream file, Client.PolledMessages messages, CancellationToken cancellationToken)
    {
        foreach (var message in messages)
            await file.WriteAsync(message.Bytes, cancellationToken);
    }

    private static CommandException Fault(string name, long number, string why) =>
        new(ExitCode.Usage, $"{name} is no file of messages: message {number}: {why}.");
}
