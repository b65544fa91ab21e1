namespace Iggy.Gateway.Grpc.Calls;

/// <summary>How messages follow each other in a body: one byte that says whether it is compressed, its length in four, big-endian, then the message.</summary>
internal static class GrpcFrame
{
    /// <summary>Bytes in front of a message.</summary>
    public const int HeadBytes = 5;
}
