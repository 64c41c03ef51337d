using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host.Deliveries;

internal sealed class DeliveriesOptions
{
    /// <summary>Subscriptions that a tenant may have. Default 20.</summary>
    [Range(1, 1000)]
    public int MostSubscriptions { get; set; } = 20;

    /// <summary>How long an attempt may take, with connecting and the answer's head. Default 15 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the old secret signs beside the new one where a rotation does not say. Default a day.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan KeyOverlap { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Subscriptions that are delivered to at once, each with at most <see cref="LanesAtOnce"/> requests. Default 64.</summary>
    [Range(1, 1024)]
    public int MaxConcurrent { get; set; } = 64;

    /// <summary>Lanes of one subscription that are delivered at once. Default 8.</summary>
    [Range(1, 64)]
    public int LanesAtOnce { get; set; } = 8;

    /// <summary>
    /// Origins, such as <c>http://10.0.0.5:8080</c>, that may lie in a private network, by plain http or on another port than 443:
    /// the operator's own network is the operator's to judge.
    /// </summary>
    public List<string> AllowedAddresses { get; } = [];
}

[OptionsValidator]
internal sealed partial class DeliveriesOptionsValidator : IValidateOptions<DeliveriesOptions>;
