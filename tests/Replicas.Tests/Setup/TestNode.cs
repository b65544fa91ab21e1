using System.Buffers;
using Iggy.Links;
using Iggy.Replication;
using Iggy.Storage;
using Iggy.Storage.Context;
using Iggy.Storage.Log;
using Iggy.Storage.Replicas;
using Iggy.Storage.Tests.Setup;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Replicas.Tests.Setup;

/// <summary>A node's folder with its replica of the one partition, which is opened, killed and opened again.</summary>
internal sealed class TestNode(ulong number, PartitionLogOptions options, ReplicaOptions replica, TimeProvider clock, IReplicaLinks links) : IDisposable
{
    public static readonly LinkChannel Channel = new(Guid.Parse("cccccccc-0000-0000-0000-000000000001"), 3);
    private Guid _boot = Guid.NewGuid();

    public NodeId Id { get; } = new(number);

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), "iggy-replicas-tests", Guid.NewGuid().ToString("N"));

    public TestDisk Disk { get; } = new();

    public PartitionReplica? Replica { get; private set; }

    /// <summary>How often it started.</summary>
    public int Life { get; private set; }

    public PartitionReplica Open(bool isFirst = false)
    {
        PartitionLog.Create(Folder);
        var log = PartitionLog.Open(Folder, options, clock, NullLogger.Instance, Disk);
        ReplicaFiles.OpenOrCreate(Folder, isFirst, _boot).Dispose();
        Replica = new PartitionReplica(log, ReplicaFile.Open(Folder, Disk), new ReplicaIdentity($"of node {number}", Channel, Id, _boot), links, replica, clock, NullLogger.Instance);
        Life++;
        return Replica;
    }

    public void Kill()
    {
        Replica?.Kill();
        Replica = null;
    }

    /// <summary>The machine loses its power, and with it messages from an offset on.</summary>
    public void LosePower(ulong fromOffset)
    {
        Kill();
        _boot = Guid.NewGuid();
        using var log = PartitionLog.Open(Folder, options, clock, NullLogger.Instance, Disk);
        for (var end = Math.Max(fromOffset, log.StartOffset); end < log.EndOffset; end++)
        {
            try
            {
                log.CutTo(end);
                break;
            }
            catch (ArgumentException)
            {
                continue; // in the middle of a record
            }
        }
        log.LetGo();
    }

    /// <summary>What a reader finds from an offset on.</summary>
    public List<(ulong Offset, int Value)> Read(ulong from = 0) => Read(Replica!, from);

    public static List<(ulong Offset, int Value)> Read(PartitionReplica replica, ulong from)
    {
        var found = new List<(ulong, int)>();
        var read = replica.Read(new ReadRequest(ReadFrom.Offset, from, int.MaxValue, MaxBytes: 64 << 20));
        Assert.Equal(ReadStatus.Ok, read.Status);
        if (read.Rented is null)
            return found;
        for (var at = 0; at < read.Bytes;)
        {
            var bytes = read.Rented.AsSpan(at);
            found.Add((BitConverter.ToUInt64(bytes[24..]), BitConverter.ToInt32(bytes[64..])));
            at += 64 + BitConverter.ToInt32(bytes[48..]) + BitConverter.ToInt32(bytes[52..]);
        }
        ArrayPool<byte>.Shared.Return(read.Rented);
        return found;
    }

    public static byte[] Batch(params int[] values) => Batches.Classic([.. values.Select(value => Valued(value, 40))]);

    public static Sent Valued(int value, int bytes)
    {
        var sent = Sent.Of(Math.Max(bytes, 4), value);
        BitConverter.TryWriteBytes(sent.Payload, value);
        return sent;
    }

    public void Dispose()
    {
        Disk.BeforeFlush = null;
        Replica?.Dispose();
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }
}
