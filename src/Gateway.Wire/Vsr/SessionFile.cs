using System.Buffers.Binary;
using System.IO.Hashing;
using Iggy.Gateway.Host;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Microsoft.Extensions.Logging;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>The sessions of the 0.12 line on disk, so that they outlive the server. Of the secret there is only the hash.</summary>
/// <remarks>
/// <para>A row of records, each <c>[XXH3 of the rest u64][bytes of the rest u32][kind u8]</c> and, for kind 1, a session as it is now, or for kind 2, the id of one that is over. What follows
/// the first record that is not whole is as if it were not there. Records are appended and not synced: what a machine that lost its power forgets of them is a login, which clients
/// make again by themselves. At each start, and when most of it is of sessions that are over, the file is written anew.</para>
/// <para>Where it cannot be written it is removed, so that no session comes back that has ended meanwhile, and nothing more is kept until the next start.</para>
/// </remarks>
internal sealed partial class SessionFile(DataDisk disk, ILogger<SessionFile> logger) : IDisposable
{
    private const int HeadBytes = sizeof(ulong) + sizeof(uint);
    private const int MostRecordBytes = 1024 * 1024; // thousands of groups
    private const int MostStaleRecords = 10_000;
    private const byte Present = 1, Over = 2;

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, KeptSession> _sessions = [];
    private FileStream? _file; // null: not open yet, or given up
    private bool _isOpen;
    private int _records;

    private string Path => System.IO.Path.Combine(disk.Path, "gateway", "sessions");

    /// <summary>Opens the file, once, when the folder of the data is the server's for sure.</summary>
    /// <returns>The sessions of the server before, the newest first; none from the second call on.</returns>
    public KeptSession[] Open()
    {
        lock (_lock)
        {
            if (_isOpen)
                return [];
            _isOpen = true;
            try
            {
                Load();
                WriteAnew();
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                GiveUp(failed);
            }
            return [.. _sessions.Values.OrderByDescending(static session => session.Number)];
        }
    }

    /// <summary>Keeps a session as it is now.</summary>
    public void Put(KeptSession session)
    {
        lock (_lock)
        {
            _sessions[session.Client] = session;
            Append(session.Encode(Present));
        }
    }

    /// <summary>The same session in other groups; nothing where it is not kept.</summary>
    public void Regroup(UInt128 client, KeptMembership[] groups)
    {
        lock (_lock)
        {
            if (_sessions.TryGetValue(client, out var session))
                Put(session with { Groups = groups });
        }
    }

    /// <summary>A session is over.</summary>
    public void Remove(UInt128 client)
    {
        lock (_lock)
        {
            if (!_sessions.Remove(client))
                return;
            var record = new byte[HeadBytes + 1 + 16];
            record[HeadBytes] = Over;
            BinaryPrimitives.WriteUInt128LittleEndian(record.AsSpan(HeadBytes + 1), client);
            Append(record);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    private void Load()
    {
        if (!File.Exists(Path))
            return;
        var bytes = File.ReadAllBytes(Path).AsSpan();
        while (bytes.Length >= HeadBytes && BinaryPrimitives.ReadUInt32LittleEndian(bytes[sizeof(ulong)..]) is > 0 and <= MostRecordBytes and var length && length <= bytes.Length - HeadBytes)
        {
            var record = bytes.Slice(HeadBytes, (int)length);
            if (BinaryPrimitives.ReadUInt64LittleEndian(bytes) != XxHash3.HashToUInt64(record))
                return;
            if (record[0] is Present && KeptSession.TryDecode(record[1..], out var session))
                _sessions[session.Client] = session;
            else if (record[0] is Over && record.Length == 1 + 16)
                _sessions.Remove(BinaryPrimitives.ReadUInt128LittleEndian(record[1..]));
            else
                return;
            bytes = bytes[(HeadBytes + (int)length)..];
        }
    }

    private void Append(byte[] record)
    {
        if (_file is null)
            return;
        try
        {
            if (++_records > (2 * _sessions.Count) + MostStaleRecords)
                WriteAnew(); // with this one
            else
                Write(_file, record);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            GiveUp(failed);
        }
    }

    private void WriteAnew()
    {
        _file?.Dispose();
        var fresh = Path + ".tmp";
        _file = OwnerOnlyFile.Create(fresh);
        using (var all = new MemoryStream())
        {
            foreach (var session in _sessions.Values)
                Write(all, session.Encode(Present));
            _file.Write(all.GetBuffer().AsSpan(0, (int)all.Length));
        }
        File.Move(fresh, Path, overwrite: true);
        _records = _sessions.Count;
    }

    private static void Write(Stream file, byte[] record)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), (uint)(record.Length - HeadBytes));
        BinaryPrimitives.WriteUInt64LittleEndian(record, XxHash3.HashToUInt64(record.AsSpan(HeadBytes)));
        file.Write(record);
    }

    private void GiveUp(Exception failed)
    {
        LogNotKept(logger, failed);
        _file?.Dispose();
        _file = null;
        try
        {
            File.Delete(Path);
        }
        catch (Exception stays) when (stays is IOException or UnauthorizedAccessException)
        {
            LogNotKept(logger, stays);
        }
    }

    [LoggerMessage(3414, LogLevel.Warning, "Sessions of the 0.12 line cannot be kept over a restart; their clients will have to log in again")]
    private static partial void LogNotKept(ILogger logger, Exception exception);
}

/// <summary>What is kept of a session.</summary>
/// <param name="Client">Drawn by the client.</param>
/// <param name="UserId">Who logged in.</param>
/// <param name="Number">Never given again.</param>
/// <param name="MaxReplyBytes">Most bytes of one reply that the client takes.</param>
/// <param name="SecretHash">32 bytes.</param>
/// <param name="Groups">That it is in.</param>
internal sealed record KeptSession(UInt128 Client, uint UserId, ulong Number, int MaxReplyBytes, byte[] SecretHash, KeptMembership[] Groups)
{
    private const int HashBytes = 32;

    /// <summary>A record with room for its head.</summary>
    public byte[] Encode(byte kind)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes); // little-endian, as all that is kept
        writer.Write(new byte[sizeof(ulong) + sizeof(uint)]);
        writer.Write(kind);
        writer.Write((ulong)Client);
        writer.Write((ulong)(Client >> 64));
        writer.Write(UserId);
        writer.Write(Number);
        writer.Write(MaxReplyBytes);
        writer.Write(SecretHash);
        writer.Write(Groups.Length);
        foreach (var group in Groups)
        {
            writer.Write(group.StreamId);
            writer.Write(group.TopicId);
            writer.Write(group.Topic.ToByteArray());
            writer.Write(group.Group.Id);
            writer.Write(group.Group.Incarnation.ToByteArray());
            writer.Write(group.Group.Name);
        }
        writer.Flush();
        return bytes.ToArray();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote behind its kind.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> record, out KeptSession session)
    {
        using var reader = new BinaryReader(new MemoryStream(record.ToArray()));
        session = null!;
        try
        {
            var client = new UInt128(lower: reader.ReadUInt64(), upper: reader.ReadUInt64());
            var (user, number, maxReply, hash) = (reader.ReadUInt32(), reader.ReadUInt64(), reader.ReadInt32(), reader.ReadBytes(HashBytes));
            var groups = new List<KeptMembership>();
            for (var left = reader.ReadInt32(); left > 0; left--)
            {
                groups.Add(new(
                    reader.ReadUInt32(), reader.ReadUInt32(), new Guid(reader.ReadBytes(16)),
                    new ConsumerGroupEntry(reader.ReadUInt32(), new Guid(reader.ReadBytes(16)), reader.ReadString())));
            }
            session = new(client, user, number, maxReply, hash, [.. groups]);
            return hash.Length == HashBytes && maxReply > 0 && reader.BaseStream.Position == reader.BaseStream.Length;
        }
        catch (Exception cut) when (cut is EndOfStreamException or ArgumentException or FormatException)
        {
            return false;
        }
    }
}

/// <summary>A place in a consumer group.</summary>
internal readonly record struct KeptMembership(uint StreamId, uint TopicId, Guid Topic, ConsumerGroupEntry Group);
