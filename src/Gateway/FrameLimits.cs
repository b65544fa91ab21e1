using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway;

/// <summary>What one request or reply may take, on every transport. Section <c>Iggy:Limits</c>.</summary>
public sealed class FrameLimits
{
    /// <summary>Most bytes in the payload of a send request. Default 128 MiB: above the largest message that the protocol allows,
    /// 64,000,000 bytes of payload with 100,000 bytes of headers, so that message is judged by its own limit.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxSendBytes { get; set; } = 128 * 1024 * 1024;

    /// <summary>Most bytes of messages in a poll reply; one message is returned even when it alone is larger. Default 64 MiB: clients made for a
    /// server without a limit rarely ask for more at once, and take less as a partial answer.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxPollBytes { get; set; } = 64 * 1024 * 1024;
}

[OptionsValidator]
internal sealed partial class FrameLimitsValidator : IValidateOptions<FrameLimits>;
