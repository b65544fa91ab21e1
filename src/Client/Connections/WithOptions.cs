using System.Collections.Immutable;
using System.Text;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;

namespace Iggy.Client.Connections;

/// <summary>A classic request about a topic, with options behind it: how they come to the channel, which turns them into what it speaks. Never on a wire.</summary>
/// <param name="Request">The request.</param>
/// <param name="Options">Names and values.</param>
internal readonly record struct WithOptions<T>(T Request, ImmutableArray<KeyValuePair<string, string>> Options) : IWireValue<WithOptions<T>>
    where T : IWireValue<T>
{
    /// <inheritdoc/>
    public static WithOptions<T> Read(ref WireReader reader)
    {
        var request = T.Read(ref reader);
        var options = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        while (!reader.IsAtEnd && reader.Error is IggyError.None)
            options.Add(new(reader.Str8(), reader.Str8()));
        return new(request, options.ToImmutable());
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        Request.Write(writer);
        foreach (var (key, value) in Options)
        {
            writer.Str8(key);
            writer.Str8(value);
        }
    }

    /// <summary>The options added to those of the request's own fields.</summary>
    /// <exception cref="ArgumentException">There is no such option, or it can't have that value.</exception>
    public TopicOptions AddTo(TopicOptions fields)
    {
        foreach (var (key, value) in Options)
        {
            var option = TopicOptionCatalog.Find(key)
                ?? throw new ArgumentException($"There is no option '{key}' of topics; there are {string.Join(", ", TopicOptionCatalog.All.Select(one => one.Key))}.");
            fields = option.TrySet(fields, new WireOption(key, UserHeaderKind.Text, [.. Encoding.UTF8.GetBytes(value)]))
                ?? throw new ArgumentException($"The option '{key}' can't be '{value}'. {option.Description}");
        }
        return fields;
    }
}
