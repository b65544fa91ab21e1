using System.Buffers.Binary;
using System.Net.Security;
using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Iggy.Links.Framing;

namespace Iggy.Links.Connections;

/// <summary>How two nodes find out who they are: TLS where it is on, then a hello of each side. A refusal is a hello with another magic and a sentence.</summary>
internal static class Handshake
{
    private const ulong RefusalMagic = 0x4F4E_4C59_4747_4921; // a number that no hello has
    private const int MaxSentenceBytes = 512;

    /// <summary>Speaks first.</summary>
    /// <exception cref="LinkRefusedException">Either side refused.</exception>
    public static async Task<(Stream Stream, Hello Peer)> DialAsync(Stream raw, LinkOptions options, ulong expected, CancellationToken cancellationToken)
    {
        var stream = raw;
        if (options.Tls is { } tls)
        {
            var secured = new SslStream(raw);
            stream = secured;
            await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "", // who it is says the hello; the certificate says that it belongs here
                ClientCertificates = [tls.Certificate],
                LocalCertificateSelectionCallback = (_, _, _, _, _) => tls.Certificate,
                CertificateChainPolicy = Policy(tls),
                RemoteCertificateValidationCallback = IsTrusted,
            }, cancellationToken);
        }
        await WriteAsync(stream, Hello.Of(options, expected), cancellationToken);
        var peer = await ReadAsync(stream, cancellationToken);
        if (peer.NodeId != expected)
            throw new LinkRefusedException($"Node {expected:x16} was meant, and node {peer.NodeId:x16} answered.");
        if (peer.Refusal(options, isDialed: false) is { } refusal)
            throw new LinkRefusedException(refusal);
        return (stream, peer);
    }

    /// <summary>Answers.</summary>
    /// <exception cref="LinkRefusedException">This side refused; the other was told.</exception>
    public static async Task<(Stream Stream, Hello Peer)> AcceptAsync(Stream raw, LinkOptions options, CancellationToken cancellationToken)
    {
        var stream = raw;
        if (options.Tls is { } tls)
        {
            var secured = new SslStream(raw);
            stream = secured;
            await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = tls.Certificate,
                ClientCertificateRequired = true,
                CertificateChainPolicy = Policy(tls),
                RemoteCertificateValidationCallback = IsTrusted,
            }, cancellationToken);
        }
        var peer = await ReadAsync(stream, cancellationToken);
        if (peer.Refusal(options, isDialed: true) is { } refusal)
        {
            await RefuseAsync(stream, refusal, cancellationToken);
            throw new LinkRefusedException(refusal);
        }
        await WriteAsync(stream, Hello.Of(options, peer.NodeId), cancellationToken);
        return (stream, peer);
    }

    private static X509ChainPolicy Policy(LinkTls tls)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(tls.Authorities);
        return policy;
    }

    private static bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        => certificate is not null && (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;

    private static async Task WriteAsync(Stream stream, Hello hello, CancellationToken cancellationToken)
    {
        var bytes = new byte[Hello.SizeInBytes];
        MemoryMarshal.Write(bytes, in hello);
        await stream.WriteAsync(bytes, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    private static async Task RefuseAsync(Stream stream, string sentence, CancellationToken cancellationToken)
    {
        var text = Encoding.UTF8.GetBytes(sentence);
        var length = Math.Min(text.Length, MaxSentenceBytes);
        var bytes = new byte[Hello.SizeInBytes + length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, RefusalMagic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), length);
        text.AsSpan(0, length).CopyTo(bytes.AsSpan(Hello.SizeInBytes));
        await stream.WriteAsync(bytes, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    private static async Task<Hello> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var bytes = new byte[Hello.SizeInBytes];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        var hello = MemoryMarshal.Read<Hello>(bytes);
        if (hello.Magic != RefusalMagic)
            return hello;
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8));
        if (length is < 0 or > MaxSentenceBytes)
            throw new LinkProtocolException($"A refusal of {length} bytes; allowed: {MaxSentenceBytes}.");
        var text = new byte[length];
        await stream.ReadExactlyAsync(text, cancellationToken);
        throw new LinkRefusedException($"The other node refused: {Encoding.UTF8.GetString(text)}");
    }
}
