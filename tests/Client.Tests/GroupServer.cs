using System.Buffers.Binary;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Client.Tests;

/// <summary>The rules of a server with one topic, one group and one client: partitions in turns, each after its stored offset.</summary>
internal sealed class GroupServer(params string[][] partitions)
{
    private bool _isMember;
    private int _turn;

    public bool IsThere { get; set; }

    public int Joins { get; private set; }

    public int Leaves { get; private set; }

    public int Polls { get; private set; }

    /// <summary>After so many polls the membership is lost, once.</summary>
    public int LoseAfterPolls { get; set; } = int.MaxValue;

    /// <summary>What was stored, in order.</summary>
    public List<(uint Partition, ulong Offset)> Stores { get; } = [];

    public Dictionary<uint, ulong> Stored { get; } = [];

    public byte[] Answer(uint code, byte[] payload)
    {
        switch ((CommandCode)code)
        {
            case CommandCode.CreateConsumerGroup:
                IsThere = true;
                return Ok(ReplyBytes.Of(Record()));
            case CommandCode.GetConsumerGroup:
                return Ok(ReplyBytes.Of(new ConsumerGroupDetails(Record(), [new(0, [])])));
            case CommandCode.JoinConsumerGroup when !IsThere:
                return Empty((uint)IggyError.ConsumerGroupIdNotFound);
            case CommandCode.JoinConsumerGroup:
                (_isMember, Joins) = (true, Joins + 1);
                return Empty();
            case CommandCode.LeaveConsumerGroup:
                (_isMember, Leaves) = (false, Leaves + 1);
                return Empty();
            case CommandCode.StoreConsumerOffset when _isMember:
                Store(BinaryPrimitives.ReadUInt32LittleEndian(payload.AsSpan(^12)), BinaryPrimitives.ReadUInt64LittleEndian(payload.AsSpan(^8)));
                return Empty();
            case CommandCode.PollMessages when _isMember:
                return Poll((int)BinaryPrimitives.ReadUInt32LittleEndian(payload.AsSpan(^5)), payload[^1] == 1);
            default:
                return Empty((uint)IggyError.ConsumerGroupMemberNotFound);
        }
    }

    private ConsumerGroupRecord Record() => new(0, (uint)partitions.Length, 1, "g");

    private void Store(uint partition, ulong offset)
    {
        Stored[partition] = offset;
        Stores.Add((partition, offset));
    }

    private byte[] Poll(int count, bool isCommitting)
    {
        if (++Polls == LoseAfterPolls)
        {
            _isMember = false;
            return Empty((uint)IggyError.ConsumerGroupMemberNotFound);
        }
        var partition = (uint)(_turn++ % partitions.Length);
        var from = Stored.TryGetValue(partition, out var stored) ? (int)stored + 1 : 0;
        var messages = partitions[partition].Skip(from).Take(count).ToArray();
        if (isCommitting && messages.Length > 0)
            Store(partition, (ulong)(from + messages.Length - 1));
        return Ok(ReplyBytes.Poll(partition, (ulong)from, messages));
    }
}
