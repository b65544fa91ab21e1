using System.IO.Hashing;
using System.Text;
using Iggy.Protocol;

namespace Iggy.Client.Hosting;

/// <summary>Keys of messages, for <see cref="IggyConsumerOptions.Key"/>.</summary>
public static class MessageKeys
{
    /// <summary>The value of a header, of whatever kind. Messages without it are in order among themselves.</summary>
    /// <param name="name">Its text key.</param>
    public static Func<ConsumedMessage, ulong> OfHeader(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var wanted = Encoding.UTF8.GetBytes(name);
        return message =>
        {
            var headers = message.Message.EnumerateHeaders();
            while (headers.MoveNext())
            {
                if (headers.Key.Kind is UserHeaderKind.Text && headers.Key.Bytes.SequenceEqual(wanted))
                    return XxHash3.HashToUInt64(headers.Value.Bytes);
            }
            return 0;
        };
    }
}
