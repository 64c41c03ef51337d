using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Http.Idempotency;

/// <summary>A request that its caller named by an <see cref="IdempotencyKey"/>, from before it is carried out.</summary>
/// <param name="Caller">The id of the API key.</param>
/// <param name="Id">That of the idempotency key.</param>
/// <param name="Answer">Sealed; null until it has been carried out.</param>
internal sealed record NamedRequest(string Caller, string Id, string Fingerprint, DateTimeOffset At, string? Answer = null)
{
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>How many of one caller are kept.</summary>
    public const int Most = 1_000;

    public static readonly RegistryCollection<NamedRequest> Collection =
        new("named_requests", static request => $"{request.Caller}/{request.Id}", IdempotencyJson.Default.NamedRequest);

    /// <summary>Keeps it, in the place of what is too old or too much.</summary>
    /// <returns>The one that is kept under its name already, or null.</returns>
    public NamedRequest? Begin(IRegistryTransaction transaction)
    {
        if (transaction.Find(Collection, Collection.KeyOf(this)) is { } known && !IsOver(known))
        {
            return known;
        }

        var surplus = transaction.List(Collection, $"{Caller}/").OrderByDescending(static one => one.At).Skip(Most - 1);
        foreach (var one in transaction.List(Collection, "").Where(IsOver).Union(surplus).ToList())
        {
            transaction.Delete(Collection, Collection.KeyOf(one));
        }

        transaction.Put(Collection, this);
        return null;
    }

    private bool IsOver(NamedRequest other) => other.At + Kept <= At;
}
