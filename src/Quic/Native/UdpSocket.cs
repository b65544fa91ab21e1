using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Iggy.Quic.Native;

/// <summary>A UDP socket that takes and gives many packets in one call where the kernel can (GRO, GSO), and knows which of its addresses a packet came to.</summary>
/// <remarks>For one thread. The memory it lends is its own and lasts until the next call.</remarks>
internal sealed unsafe class UdpSocket : IDisposable
{
    /// <summary>The largest datagram, and the most that one call takes.</summary>
    public const int BufferBytes = 64 * 1024;

    /// <summary>The most that one call gives: the kernel lets a row of packets grow no longer than one packet may be, IPv6 head and all.</summary>
    public const int MaxSendBytes = 65_535 - 48;

    /// <summary>The kernel cuts no more out of one buffer.</summary>
    public const int MaxSegments = 64;

    private const int ControlBytes = 256;
    private const int AddressBytes = 32;

    private readonly Socket _socket;
    private readonly bool _isConnected;
    private readonly bool _wantsPacketInfo;
    private readonly byte* _memory = (byte*)NativeMemory.AllocZeroed(BufferBytes + ControlBytes + 3 * AddressBytes);
    private readonly byte* _control;
    private readonly byte* _bound;

    /// <summary>Binds a listening socket.</summary>
    /// <param name="address">Where; port 0 for any free one.</param>
    /// <param name="receiveBufferBytes">For the kernel's buffer; null leaves it to the kernel.</param>
    /// <param name="sendBufferBytes">As above.</param>
    public static UdpSocket Bind(IPEndPoint address, int? receiveBufferBytes, int? sendBufferBytes) => new(address, null, receiveBufferBytes, sendBufferBytes);

    /// <summary>Opens a socket to one peer, so that the kernel tells when nobody is there.</summary>
    public static UdpSocket Connect(IPEndPoint peer) => new(null, peer, null, null);

    private UdpSocket(IPEndPoint? address, IPEndPoint? peer, int? receiveBufferBytes, int? sendBufferBytes)
    {
        _control = _memory + BufferBytes;
        Remote = _control + ControlBytes;
        Local = Remote + AddressBytes;
        _bound = Local + AddressBytes;
        var family = (address ?? peer!).AddressFamily;
        _socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            var isInet = family is AddressFamily.InterNetwork;
            if (!isInet && address is not null)
                _socket.DualMode = true;
            SetOption(isInet ? Libc.Ip : Libc.Ipv6, isInet ? Libc.IpMtuDiscover : Libc.Ipv6MtuDiscover, Libc.ProbeMtu);
            if (receiveBufferBytes is { } receive)
                _socket.ReceiveBufferSize = receive;
            if (sendBufferBytes is { } send)
                _socket.SendBufferSize = send;
            CoalescesReceives = TrySetOption(Libc.Udp, Libc.UdpGro, 1);
            SegmentsSends = TrySetOption(Libc.Udp, Libc.UdpSegment, 0);

            if (peer is not null)
            {
                _socket.Connect(peer);
                _isConnected = true;
            }
            else
            {
                _socket.Bind(address!);
                // On a wildcard address an answer must leave from where the question came to.
                _wantsPacketInfo = address!.Address.Equals(IPAddress.Any) || address.Address.Equals(IPAddress.IPv6Any);
                if (_wantsPacketInfo)
                {
                    SetOption(Libc.Ip, Libc.IpPacketInfo, 1);
                    if (!isInet)
                        SetOption(Libc.Ipv6, Libc.Ipv6ReceivePacketInfo, 1);
                }
            }
            LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
            LocalBytes = NativeAddress.Write(LocalEndPoint, _bound);
            File = (int)_socket.Handle;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IPEndPoint LocalEndPoint { get; private set; } = null!;
    public int File { get; private set; }
    public bool CoalescesReceives { get; }
    public bool SegmentsSends { get; private set; }

    /// <summary>Who sent the last received buffer.</summary>
    public byte* Remote { get; }
    public uint RemoteBytes { get; private set; }

    /// <summary>To which address of ours it came.</summary>
    public byte* Local { get; }
    public uint LocalBytes { get; private set; }

    /// <summary>What was received last.</summary>
    public byte* Data => _memory;

    /// <summary>Takes what has come without waiting.</summary>
    /// <param name="packetBytes">The size of each packet in the buffer; the last may be shorter.</param>
    /// <param name="isRefused">The kernel says that nobody listens at the peer.</param>
    /// <returns>Bytes in the buffer; -1 when nothing is there.</returns>
    public int Receive(out int packetBytes, out bool isRefused)
    {
        isRefused = false;
        var vector = new IoVector { Base = _memory, Bytes = BufferBytes };
        var message = new MessageHead { Name = Remote, NameBytes = NativeAddress.MaxBytes, Vectors = &vector, VectorCount = 1, Control = _control, ControlBytes = ControlBytes };
        var received = Libc.recvmsg(File, &message, Libc.DontWait);
        packetBytes = (int)received;
        if (received < 0)
        {
            isRefused = Marshal.GetLastPInvokeError() == Libc.ConnectionRefused;
            return -1;
        }
        RemoteBytes = message.NameBytes;
        new ReadOnlySpan<byte>(_bound, AddressBytes).CopyTo(new Span<byte>(Local, AddressBytes));
        for (nuint at = 0; at + (nuint)sizeof(ControlHead) <= message.ControlBytes;)
        {
            var head = (ControlHead*)(_control + at);
            if (head->Bytes < (nuint)sizeof(ControlHead))
                break;
            var data = (byte*)(head + 1);
            if (head->Level == Libc.Udp && head->Kind == Libc.UdpGro)
                packetBytes = *(int*)data;
            else if (head->Level == Libc.Ip && head->Kind == Libc.IpPacketInfo)
                SetLocalHost(new ReadOnlySpan<byte>(data + 8, 4)); // struct in_pktinfo: interface, local address, the header's address
            else if (head->Level == Libc.Ipv6 && head->Kind == Libc.Ipv6PacketInfo)
                SetLocalHost(new ReadOnlySpan<byte>(data, 16));
            at += (head->Bytes + 7) & ~(nuint)7;
        }
        if (packetBytes <= 0)
            packetBytes = (int)received;
        return (int)received;
    }

    /// <summary>Gives packets to the kernel.</summary>
    /// <param name="path">From where to where.</param>
    /// <param name="data">One packet, or several of <paramref name="packetBytes"/> each; the last may be shorter.</param>
    /// <param name="bytes">Their length in all.</param>
    /// <param name="packetBytes">See above.</param>
    /// <returns>False when the kernel has no room: nothing was taken. Packets it refuses for another reason count as lost on the way.</returns>
    public bool Send(NgtcpPath* path, byte* data, int bytes, int packetBytes)
    {
        if (bytes <= packetBytes || SegmentsSends)
        {
            var result = SendOnce(path, data, bytes, bytes > packetBytes ? packetBytes : 0);
            if (result is 0)
                return true;
            if (result is Libc.Again)
                return false;
            if (bytes <= packetBytes)
                return true;
            if (result is Libc.IoError or Libc.InvalidArgument)
                SegmentsSends = result is not Libc.IoError && SegmentsSends; // EIO: the device cannot; EINVAL: only this size does not fit the path
        }
        for (var at = 0; at < bytes; at += packetBytes)
            SendOnce(path, data + at, Math.Min(packetBytes, bytes - at), 0);
        return true;
    }

    public void Dispose()
    {
        _socket.Dispose();
        NativeMemory.Free(_memory);
        GC.SuppressFinalize(this);
    }

    private int SendOnce(NgtcpPath* path, byte* data, int bytes, int segmentBytes)
    {
        var vector = new IoVector { Base = data, Bytes = (nuint)bytes };
        var control = stackalloc byte[96];
        var message = new MessageHead { Vectors = &vector, VectorCount = 1, Control = control };
        if (!_isConnected)
        {
            message.Name = path->Remote.Address;
            message.NameBytes = path->Remote.Bytes;
        }
        nuint used = 0;
        if (segmentBytes > 0)
            *(ushort*)Control(control, ref used, Libc.Udp, Libc.UdpSegment, sizeof(ushort)) = (ushort)segmentBytes;
        if (_wantsPacketInfo)
            AddSource(path->Local.Address, control, ref used);
        message.ControlBytes = used;
        if (used == 0)
            message.Control = null;
        while (true)
        {
            if (Libc.sendmsg(File, &message, Libc.DontWait) >= 0)
                return 0;
            var error = Marshal.GetLastPInvokeError();
            if (error is not Libc.Interrupted)
                return error;
        }
    }

    private static void AddSource(byte* local, byte* control, ref nuint used)
    {
        var host = NativeAddress.Host(local);
        var isMapped = host.Length == 16 && new IPAddress(host).IsIPv4MappedToIPv6;
        if (host.Length == 16 && !isMapped)
        {
            host.CopyTo(new Span<byte>(Control(control, ref used, Libc.Ipv6, Libc.Ipv6PacketInfo, 20), 16));
            return;
        }
        var info = Control(control, ref used, Libc.Ip, Libc.IpPacketInfo, 12);
        host[^4..].CopyTo(new Span<byte>(info + 4, 4));
    }

    // Appends an empty control message and returns where its data go.
    private static byte* Control(byte* control, ref nuint used, int level, int kind, int bytes)
    {
        var head = (ControlHead*)(control + used);
        *head = new ControlHead { Bytes = (nuint)(sizeof(ControlHead) + bytes), Level = level, Kind = kind };
        new Span<byte>(head + 1, (bytes + 7) & ~7).Clear();
        used += (head->Bytes + 7) & ~(nuint)7;
        return (byte*)(head + 1);
    }

    private void SetLocalHost(ReadOnlySpan<byte> host)
    {
        var local = NativeAddress.Host(Local);
        if (local.Length == host.Length)
            host.CopyTo(local);
        else if (local.Length == 16)
            new IPAddress(host).MapToIPv6().TryWriteBytes(local, out _);
    }

    private void SetOption(int level, int name, int value) => _socket.SetRawSocketOption(level, name, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    private bool TrySetOption(int level, int name, int value)
    {
        try
        {
            SetOption(level, name, value);
            return true;
        }
        catch (SocketException)
        {
            return false; // an older kernel: one packet in a call
        }
    }
}
