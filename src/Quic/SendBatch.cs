using System.Runtime.InteropServices;
using Iggy.Quic.Native;

namespace Iggy.Quic;

/// <summary>Packets of one connection that wait for one call to the kernel. For the endpoint's thread.</summary>
internal sealed unsafe class SendBatch : IDisposable
{
    private readonly UdpSocket _socket;
    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(UdpSocket.BufferBytes);
    private readonly byte* _storage = (byte*)NativeMemory.AllocZeroed(2 * Ngtcp.PathStorageBytes);
    private int _bytes, _packetBytes, _packets;

    public SendBatch(UdpSocket socket)
    {
        _socket = socket;
        Ngtcp.ngtcp2_path_storage_zero(_storage);
        Ngtcp.ngtcp2_path_storage_zero(_storage + Ngtcp.PathStorageBytes);
    }

    /// <summary>Whether the kernel had no room: what is here must go first.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>Where the next packet's path is written.</summary>
    public byte* Storage => _storage;

    /// <summary>Where the next packet is written.</summary>
    public byte* End => _buffer + _bytes;

    public long SentPackets { get; private set; }
    public long SentBytes { get; private set; }
    public long Calls { get; private set; }

    private NgtcpPath* Path => (NgtcpPath*)(_storage + Ngtcp.PathStorageBytes);

    public bool HasRoomFor(int packetBytes) => !IsBlocked && _bytes + packetBytes <= UdpSocket.MaxSendBytes && _packets < UdpSocket.MaxSegments;

    /// <summary>Takes in the packet that was written at <see cref="End"/>.</summary>
    /// <returns>False when the kernel takes no more.</returns>
    public bool Add(int bytes)
    {
        if (_packets > 0 && (bytes > _packetBytes || !IsSamePath()))
        {
            // It cannot go with those before it, such as a probe for larger packets. Alone at the buffer's start, if that is free.
            var packet = End;
            if (!Flush())
                return false; // the kernel is full: this one counts as lost on the way, QUIC sends its content again
            Buffer.MemoryCopy(packet, _buffer, UdpSocket.BufferBytes, bytes);
        }
        if (_packets == 0)
        {
            CopyPath();
            _packetBytes = bytes;
        }
        _bytes += bytes;
        _packets++;
        SentPackets++;
        return bytes == _packetBytes || Flush(); // a shorter one is the last of its row
    }

    /// <summary>Hands everything to the kernel.</summary>
    /// <returns>False when it has no room.</returns>
    public bool Flush()
    {
        if (_packets == 0)
            return true;
        Calls++;
        IsBlocked = !_socket.Send(Path, _buffer, _bytes, _packetBytes);
        if (IsBlocked)
            return false;
        SentBytes += _bytes;
        (_bytes, _packets) = (0, 0);
        return true;
    }

    public void Dispose()
    {
        NativeMemory.Free(_buffer);
        NativeMemory.Free(_storage);
    }

    private bool IsSamePath()
    {
        var next = (NgtcpPath*)_storage;
        var held = Path;
        return Same(next->Remote, held->Remote) && Same(next->Local, held->Local);
    }

    private static bool Same(NgtcpAddress a, NgtcpAddress b) => new ReadOnlySpan<byte>(a.Address, (int)a.Bytes).SequenceEqual(new ReadOnlySpan<byte>(b.Address, (int)b.Bytes));

    private void CopyPath()
    {
        var next = (NgtcpPath*)_storage;
        var held = Path;
        held->Remote.Bytes = next->Remote.Bytes;
        held->Local.Bytes = next->Local.Bytes;
        new ReadOnlySpan<byte>(next->Remote.Address, (int)next->Remote.Bytes).CopyTo(new Span<byte>(held->Remote.Address, NativeAddress.MaxBytes));
        new ReadOnlySpan<byte>(next->Local.Address, (int)next->Local.Bytes).CopyTo(new Span<byte>(held->Local.Address, NativeAddress.MaxBytes));
    }
}
