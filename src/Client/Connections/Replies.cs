using Iggy.Protocol;

namespace Iggy.Client.Connections;

/// <summary>From replies to values, or to exceptions.</summary>
internal static class Replies
{
    /// <exception cref="IggyException">The server refused.</exception>
    public static void Check(Reply reply, CommandCode code)
    {
        if (reply.Status is not IggyError.None)
            throw new IggyException(reply.Status, $"The server refused {code}: {reply.Status} ({(uint)reply.Status}).");
    }

    /// <summary>Reads a reply that may be empty, which says that the thing is missing.</summary>
    /// <exception cref="IggyException">The server refused, or the reply can't be read.</exception>
    public static bool TryRead<T>(Reply reply, CommandCode code, out T? value) where T : IWireValue<T>
    {
        Check(reply, code);
        value = default;
        if (reply.PayloadBytes == 0)
            return false;
        var reader = new WireReader(reply.Payload.Span);
        value = T.Read(ref reader);
        Check(reader.Error, code);
        return true;
    }

    /// <summary>Reads a reply that is never empty.</summary>
    /// <exception cref="IggyException">The server refused, or the reply can't be read.</exception>
    public static T Require<T>(Reply reply, CommandCode code) where T : IWireValue<T> =>
        TryRead<T>(reply, code, out var value) ? value! : throw Unreadable(code, "it is empty");

    /// <summary>Reads a list reply.</summary>
    /// <exception cref="IggyException">The server refused, or the reply can't be read.</exception>
    public static IReadOnlyList<T> List<T>(Reply reply, CommandCode code) where T : IWireValue<T>
    {
        Check(reply, code);
        var values = new List<T>();
        var reader = new WireReader(reply.Payload.Span);
        while (!reader.IsAtEnd)
        {
            values.Add(T.Read(ref reader));
            Check(reader.Error, code);
        }
        return values;
    }

    /// <summary>What <c>TryRead</c> of a reply said.</summary>
    /// <exception cref="IggyException">There was a fault.</exception>
    public static void Check(IggyError fault, CommandCode code)
    {
        if (fault is not IggyError.None)
            throw Unreadable(code, fault.ToString());
    }

    private static IggyException Unreadable(CommandCode code, string why) =>
        new(IggyError.CannotDeserializeResource, $"The reply to {code} can't be read: {why}.");
}
