using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Sdk.Webhooks;
using Sous.Plugins.Toast;

[assembly: SousDriver("toast", typeof(ToastFactory), Contract = "1.1")]

namespace Sous.Plugins.Toast;

/// <summary>Makes Toast drivers, says how the client logs in, and takes Toast's webhooks.</summary>
public sealed class ToastFactory : IDriverFactory, ITokenMessages, IWebhookReceiver
{
    private const string SignatureHeader = "Toast-Signature";

    // Toast sends again after 5 minutes and after 10 more, perhaps with the same timestamp.
    private static readonly TimeSpan OldestWebhook = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromMinutes(5);

    /// <inheritdoc />
    public TokenAnswerShape AnswerShape { get; } = new() { AccessToken = "token.accessToken", ExpiresIn = "token.expiresIn", Scope = "token.scope", ExpiresInToken = true };

    /// <inheritdoc />
    public IDriver Create(DriverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new ToastDriver(context);
    }

    /// <inheritdoc />
    public TokenMessage? Describe(TokenExchange exchange) => exchange != TokenExchange.ClientCredentials ? null : new TokenMessage
    {
        Body = TokenBody.Json,
        Fields =
        [
            new TokenField("clientId", TokenValue.ClientId),
            new TokenField("clientSecret", TokenValue.ClientSecret),
            new TokenField("userAccessType", TokenValue.Literal, "TOAST_MACHINE_CLIENT"),
        ],
    };

    /// <inheritdoc />
    public TokenFailure ReadFailure(TokenExchange exchange, int statusCode, ReadOnlySpan<byte> body)
        => statusCode is 400 or 401 or 403 && ToastError.Read(body) is not null ? TokenFailure.ClientRejected : TokenFailure.Temporary;

    /// <inheritdoc />
    public WebhookVerdict Verify(WebhookRequest request, Secret secret, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!request.Headers.TryGetValue(SignatureHeader, out var signature) || Envelope(request.Body) is not { Timestamp: { } timestamp })
        {
            return WebhookVerdict.Forged;
        }

        using var signing = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret.Reveal()));
        signing.AppendData(request.Body.Span);
        signing.AppendData(Encoding.UTF8.GetBytes(timestamp));
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        signing.GetHashAndReset(expected);
        // One byte of room shows a signature that is too long.
        Span<byte> told = stackalloc byte[HMACSHA256.HashSizeInBytes + 1];
        if (!Convert.TryFromBase64String(signature.Trim(), told, out var length) || !CryptographicOperations.FixedTimeEquals(told[..length], expected))
        {
            return WebhookVerdict.Forged;
        }

        return ToastTime.Parse(timestamp) is { } at && now - at <= OldestWebhook && at - now <= ClocksDiffer ? WebhookVerdict.Genuine : WebhookVerdict.Stale;
    }

    /// <inheritdoc />
    public IReadOnlyList<ServiceEvent> Read(WebhookRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Envelope(request.Body) is not { Guid: { Length: > 0 } id, EventType: { } type } webhook)
        {
            throw new DriverException(FailureKind.Defect, "Toast's webhook is not of the shape expected.");
        }

        // The order in the body is no data: it is fetched anew, from the restaurant that the connection is bound to.
        var order = webhook.Details?.Order?.Guid;
        return
        [
            new ServiceEvent
            {
                EventId = id,
                Kind = type switch
                {
                    "order_created" when order is not null => ServiceEventKind.OrderCreated,
                    "order_updated" when order is not null => ServiceEventKind.OrderUpdated,
                    "menus_updated" => ServiceEventKind.CatalogChanged,
                    _ => ServiceEventKind.Other,
                },
                LocationId = webhook.Details?.RestaurantGuid,
                RecordIds = order is null ? [] : [order],
                At = ToastTime.Parse(webhook.Timestamp),
            },
        ];
    }

    private static ToastWebhook? Envelope(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, ToastJson.Default.ToastWebhook);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>One tenant's restaurants at Toast: sales, menus, locations and the totals of a day. It reaches those bound to it and no others.</summary>
internal sealed class ToastDriver(DriverContext context) : IPosDriver, ILocationDirectory, IBusinessDayTotals
{
    public const string Service = "toast";

    private readonly ToastApi _api = new(context);

    public async ValueTask<ProbeResult> ProbeAsync(CancellationToken cancellationToken)
    {
        if (_api.Bound.Count == 0)
        {
            throw new DriverException(FailureKind.Misconfigured, "No restaurant is bound to this connection; its setting 'restaurants' names them by their GUIDs.");
        }

        if (await _api.AccessibleAsync(cancellationToken).ConfigureAwait(false) is not { } seen)
        {
            // A client without the partners API still sees the restaurants that it was made for.
            var own = await DiscoverAsync(cancellationToken).ConfigureAwait(false);
            return Account(own.Select(static found => (found.General?.ManagementGroupGuid, found.General?.Name)));
        }

        var bound = seen.FindAll(access => access.Deleted != true && access.RestaurantGuid is { } guid && _api.Bound.Contains(guid));
        return _api.Bound.FirstOrDefault(guid => !bound.Exists(access => guid.Equals(access.RestaurantGuid, StringComparison.OrdinalIgnoreCase))) is { } missing
            ? throw new DriverException(FailureKind.Misconfigured, $"The restaurant {missing} has not let this client in, or has taken that back; correct the setting 'restaurants', or connect it at Toast.")
            : Account(bound.Select(static access => (access.ManagementGroupGuid, access.RestaurantName)));
    }

    public async ValueTask<IReadOnlyList<Location>> DiscoverLocationsAsync(CancellationToken cancellationToken)
        => [.. (await DiscoverAsync(cancellationToken).ConfigureAwait(false)).Select(Map)];

    public IAsyncEnumerable<SyncPage<Sale>> FetchSalesAsync(SalesRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        _api.Require(request.Location.Ref.Id);
        return new SalesFeed(_api, context.Clock, request).ChangedAsync(cancellationToken);
    }

    public IAsyncEnumerable<SyncPage<CatalogEntry>> FetchCatalogAsync(CatalogRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var location = request.Location ?? throw new DriverException(FailureKind.Defect, "Toast's menus are a restaurant's own, and none was named.");
        _api.Require(location.Ref.Id);
        return new MenuFeed(_api, context.Clock, request, location).RunAsync(cancellationToken);
    }

    public async ValueTask<DayTotals> ReadDayTotalsAsync(Location location, DateOnly day, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(location);
        return await new LateMoney(_api, location.Ref.Id).TotalAsync(location, day, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<List<ToastRestaurant>> DiscoverAsync(CancellationToken cancellationToken)
    {
        var found = new List<ToastRestaurant>(_api.Bound.Count);
        foreach (var restaurant in _api.Bound.Order(StringComparer.OrdinalIgnoreCase))
        {
            found.Add(await _api.RestaurantAsync(restaurant, cancellationToken).ConfigureAwait(false));
        }

        return found;
    }

    // The account is the group where all bound restaurants are of one.
    private static ProbeResult Account(IEnumerable<(string? Group, string? Name)> restaurants)
    {
        var known = restaurants.ToList();
        var groups = known.Select(static restaurant => restaurant.Group).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        return new ProbeResult { AccountId = groups is [var only] ? only : null, AccountName = string.Join(", ", known.Select(static restaurant => restaurant.Name).OfType<string>().Distinct().Take(5)) };
    }

    private static Location Map(ToastRestaurant restaurant)
    {
        var (general, place, guid) = (restaurant.General, restaurant.Location, restaurant.Guid ?? "");
        return new Location
        {
            Ref = new ExternalRef(Service, guid),
            Name = string.Join(", ", new[] { general?.Name ?? guid, general?.LocationName }.Where(static part => !string.IsNullOrWhiteSpace(part))),
            TimeZone = general?.TimeZone ?? throw new DriverException(FailureKind.Defect, $"Toast names no time zone for restaurant {guid}."),
            Currency = general.CurrencyCode ?? throw new DriverException(FailureKind.Defect, $"Toast names no currency for restaurant {guid}."),
            Country = place?.Country is { Length: 2 } country ? country.ToUpperInvariant() : null,
            Active = general.Archived != true,
            BusinessDayStart = general.CloseoutHour is { } hour and >= 0 and < 24 ? TimeSpan.FromHours(hour) : null,
            ParentId = general.ManagementGroupGuid,
            Address = place is null ? null : string.Join(", ", new[] { place.Address1, place.Address2, place.City, place.AdministrativeArea, place.ZipCode }.Where(static part => !string.IsNullOrEmpty(part))),
            Phone = place?.Phone,
        };
    }
}

/// <summary>A webhook's envelope, with what is used of it.</summary>
internal sealed record ToastWebhook(string? Timestamp, string? EventType, string? Guid, ToastWebhookDetails? Details);

internal sealed record ToastWebhookDetails(string? RestaurantGuid, Named? Order);
