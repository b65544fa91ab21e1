using System.Buffers;
using System.Buffers.Binary;
using Iggy.Storage;
using Iggy.Storage.Context;
using Iggy.Storage.Log;
using Microsoft.Extensions.Logging;

namespace Iggy.Archive.Tests.Setup;

/// <summary>A message as it is compared.</summary>
internal readonly record struct Kept(ulong Offset, ulong Micros, UInt128 Id, string Payload);

/// <summary>Writes and reads partition logs without a server.</summary>
internal static class Logs
{
    public static PartitionLog Open(string folder, string name, TimeProvider clock, ILogger logger, long segmentBytes = 1 << 30, int maxCold = PartitionLogOptions.LargestColdSegments) =>
        PartitionLog.Open(folder, new PartitionLogOptions { Name = name, SegmentBytes = segmentBytes, MaxColdSegments = maxCold }, clock, logger);

    public static void Append(PartitionLog log, int count, int payloadBytes, int seed)
    {
        var batch = new byte[count * (64 + payloadBytes)];
        for (var i = 0; i < count; i++)
        {
            var message = batch.AsSpan(i * (64 + payloadBytes), 64 + payloadBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(message[8..], (ulong)(seed + i + 1));
            BinaryPrimitives.WriteUInt64LittleEndian(message[40..], 1000);
            BinaryPrimitives.WriteUInt32LittleEndian(message[52..], (uint)payloadBytes);
            message[64..].Fill((byte)(seed + i));
        }
        Assert.Equal(AppendStatus.Appended, log.Append(MessageLayout.Classic, batch, (uint)count).Status);
    }

    public static List<Kept> ReadAll(PartitionLog log)
    {
        var all = new List<Kept>();
        var (next, end) = (log.Stats.FirstOffset, log.Stats.NextOffset);
        while (next < end)
        {
            var result = log.Read(new ReadRequest(ReadFrom.Offset, next, uint.MaxValue));
            Assert.Equal(ReadStatus.Ok, result.Status);
            for (var bytes = result.Rented.AsSpan(0, result.Bytes); !bytes.IsEmpty;)
            {
                var payload = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes[52..]);
                all.Add(new Kept(BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
                    BinaryPrimitives.ReadUInt128LittleEndian(bytes[8..]), Convert.ToHexString(bytes.Slice(64, payload))));
                bytes = bytes[(64 + payload + (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..]))..];
            }
            ArrayPool<byte>.Shared.Return(result.Rented!);
            next = result.LastOffset + 1;
        }
        return all;
    }
}

/// <summary>Fails a test for every word of warning.</summary>
internal sealed class QuietLogger : ILogger
{
    public List<string> Warnings { get; } = [];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Warning)
            Warnings.Add(formatter(state, exception));
    }
}
