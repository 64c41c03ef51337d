using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Sdk.Webhooks;
using Sous.Plugins.Square;

[assembly: SousDriver("square", typeof(SquareFactory), Contract = "1.1")]

namespace Sous.Plugins.Square;

/// <summary>Makes Square drivers, takes Square's webhooks, and says how Square's token calls differ from RFC 6749: JSON bodies, an instant of expiry, a header of its own to revoke.</summary>
public sealed class SquareFactory : IDriverFactory, ITokenMessages, IWebhookReceiver
{
    private static readonly TokenField ClientId = new("client_id", TokenValue.ClientId);
    private static readonly TokenField ClientSecret = new("client_secret", TokenValue.ClientSecret);
    private static readonly TokenField Version = new(SquareApi.VersionHeader, TokenValue.Literal, SquareApi.Version);

    /// <inheritdoc />
    public TokenAnswerShape AnswerShape { get; } = new() { ExpiresAt = "expires_at", AccountId = "merchant_id" };

    /// <inheritdoc />
    public IDriver Create(DriverContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new SquareDriver(context);
    }

    /// <inheritdoc />
    public TokenMessage? Describe(TokenExchange exchange) => exchange switch
    {
        TokenExchange.Code => Message(
            ClientSecret,
            new TokenField("code", TokenValue.Code),
            new TokenField("grant_type", TokenValue.Literal, "authorization_code"),
            new TokenField("redirect_uri", TokenValue.RedirectUri)),
        TokenExchange.Refresh => Message(
            ClientSecret,
            new TokenField("refresh_token", TokenValue.RefreshToken),
            new TokenField("grant_type", TokenValue.Literal, "refresh_token")),
        TokenExchange.Revoke => Message(new TokenField("access_token", TokenValue.AccessToken)) with
        {
            Headers = [new TokenField("Authorization", TokenValue.ClientSecret, "Client "), Version],
        },
        _ => null,
    };

    /// <inheritdoc />
    public TokenFailure ReadFailure(TokenExchange exchange, int statusCode, ReadOnlySpan<byte> body)
    {
        if (statusCode is not (400 or 401 or 403 or 404) || SquareError.First(body) is not { Code: { } code } error)
        {
            return TokenFailure.Temporary;
        }

        var about = error.Field ?? "";
        return code switch
        {
            "ACCESS_TOKEN_REVOKED" or "ACCESS_TOKEN_EXPIRED" or "invalid_grant" or "INVALID_GRANT" => TokenFailure.GrantGone,
            // Square has one code for a dead grant and for a wrong client, and tells them apart by the field.
            "UNAUTHORIZED" or "NOT_FOUND" or "INVALID_VALUE" when about is "refresh_token" or "code" or "access_token" => TokenFailure.GrantGone,
            "UNAUTHORIZED" or "FORBIDDEN" or "invalid_client" => TokenFailure.ClientRejected,
            _ when about is "client_id" or "client_secret" or "redirect_uri" => TokenFailure.ClientRejected,
            _ => TokenFailure.Temporary,
        };
    }

    /// <summary>By an HMAC over the registered address and the body. It holds no time: one that is sent again is as genuine.</summary>
    /// <inheritdoc />
    public WebhookVerdict Verify(WebhookRequest request, Secret secret, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (secret.IsEmpty || !request.Headers.TryGetValue("x-square-hmacsha256-signature", out var given))
        {
            return WebhookVerdict.Forged;
        }

        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret.Reveal()));
        hmac.AppendData(Encoding.UTF8.GetBytes(request.RegisteredAddress.AbsoluteUri));
        hmac.AppendData(request.Body.Span);
        var expected = Encoding.UTF8.GetBytes(Convert.ToBase64String(hmac.GetHashAndReset()));
        return CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(given)) ? WebhookVerdict.Genuine : WebhookVerdict.Forged;
    }

    /// <inheritdoc />
    public IReadOnlyList<ServiceEvent> Read(WebhookRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            return JsonSerializer.Deserialize(request.Body.Span, SquareJson.Default.SquareEvent) is { EventId: { Length: > 0 } id, Type: { } type } told
                ? [told.ToEvent(id, type)]
                : throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new DriverException(FailureKind.Defect, "The webhook is not of the shape expected.", inner: e);
        }
    }

    private static TokenMessage Message(params TokenField[] fields) =>
        new() { Body = TokenBody.Json, Fields = [ClientId, .. fields], Headers = [Version] };
}

/// <summary>One connection to a Square seller: sales, catalogue, locations and the totals of a day.</summary>
internal sealed class SquareDriver(DriverContext context) : IPosDriver, ILocationDirectory, IBusinessDayTotals
{
    public const string Service = "square";

    private readonly SquareApi _api = new(context);

    public async ValueTask<ProbeResult> ProbeAsync(CancellationToken cancellationToken)
    {
        var status = await _api.PageAsync("oauth2/token/status", "", SquareJson.Default.SquareTokenStatus, cancellationToken, []).ConfigureAwait(false);
        var merchant = await _api.FindAsync("v2/merchants/me", "merchant", SquareJson.Default.SquareMerchant, cancellationToken).ConfigureAwait(false);
        var token = status is { Items: [var told, ..] } ? told : null;
        return new ProbeResult { AccountId = token?.MerchantId ?? merchant?.Id, AccountName = merchant?.BusinessName, GrantedScopes = token?.Scopes };
    }

    public async ValueTask<IReadOnlyList<Location>> DiscoverLocationsAsync(CancellationToken cancellationToken)
    {
        var page = await _api.PageAsync("v2/locations", "locations", SquareJson.Default.SquareLocation, cancellationToken).ConfigureAwait(false);
        return [.. (page?.Items ?? []).Where(location => location.Id is not null).Select(Map)];
    }

    public IAsyncEnumerable<SyncPage<Sale>> FetchSalesAsync(SalesRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return OneAheadAsync(new SalesFeed(_api, context.Clock, request).ChangedAsync, cancellationToken);
    }

    public IAsyncEnumerable<SyncPage<CatalogEntry>> FetchCatalogAsync(CatalogRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new CatalogFeed(_api, context.Clock, request, DiscoverLocationsAsync).RunAsync(cancellationToken);
    }

    /// <summary>Payments and refunds listed by the time they were made; only completed ones count, those without an order too.</summary>
    public async ValueTask<DayTotals> ReadDayTotalsAsync(Location location, DateOnly day, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(location);
        var range = BusinessDay.RangeOf(day, SaleMapping.ZoneOf(location), location.BusinessDayStart ?? TimeSpan.Zero);
        // Square's ranges include their end, a business day's does not.
        var last = range.To - TimeSpan.FromMilliseconds(1);
        var listing = TenderJoin.Payments(_api, location.Ref.Id, false, range.From, last).AllAsync(cancellationToken);
        var refundListing = TenderJoin.Refunds(_api, location.Ref.Id, false, range.From, last).AllAsync(cancellationToken);
        await Task.WhenAll(listing, refundListing).ConfigureAwait(false);
        var payments = (await listing.ConfigureAwait(false)).FindAll(p => p.Status == "COMPLETED" && p.CreatedAt < range.To);
        var refunds = (await refundListing.ConfigureAwait(false)).FindAll(r => r.Status == "COMPLETED" && r.CreatedAt < range.To);
        return new DayTotals
        {
            Source = "payments and refunds listed",
            Payments = new Money(payments.Sum(p => p.AmountMoney.Amount), location.Currency),
            Tips = new Money(payments.Sum(p => p.TipMoney.Amount), location.Currency),
            Refunds = new Money(refunds.Sum(r => r.AmountMoney.Amount), location.Currency),
            PaymentCount = payments.Count,
            RefundCount = refunds.Count,
        };
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Location Map(SquareLocation location) => new()
    {
        Ref = new ExternalRef(Service, location.Id ?? ""),
        Name = location.Name ?? location.Id ?? "",
        TimeZone = location.Timezone ?? "Etc/UTC",
        Currency = location.Currency ?? "USD",
        Country = location.Country,
        Active = location.Status != "INACTIVE",
        ParentId = location.MerchantId,
        Address = location.Address is { } a
            ? string.Join(", ", new[] { a.AddressLine1, a.AddressLine2, a.Locality, a.District, a.PostalCode }.Where(part => !string.IsNullOrEmpty(part)))
            : null,
        Phone = location.PhoneNumber,
    };

    /// <summary>Makes the next page while the caller stores this one; stops when the caller does.</summary>
    private static async IAsyncEnumerable<T> OneAheadAsync<T>(
        Func<CancellationToken, IAsyncEnumerable<T>> source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pages = source(stop.Token).GetAsyncEnumerator(stop.Token);
        var next = pages.MoveNextAsync().AsTask();
        try
        {
            while (await next.ConfigureAwait(false))
            {
                var page = pages.Current;
                // On another thread: what the next page computes before it first waits must not hold this one up.
                next = Task.Run(() => pages.MoveNextAsync().AsTask(), CancellationToken.None);
                yield return page;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await pages.DisposeAsync().ConfigureAwait(false);
        }
    }
}

internal sealed record SquareLocation(
    string? Id, string? Name, string? Timezone, string? Currency, string? Country, string? Status, string? MerchantId, string? PhoneNumber, SquareAddress? Address);

internal sealed record SquareAddress(
    [property: JsonPropertyName("address_line_1")] string? AddressLine1,
    [property: JsonPropertyName("address_line_2")] string? AddressLine2,
    string? Locality,
    [property: JsonPropertyName("administrative_district_level_1")] string? District,
    string? PostalCode);

internal sealed record SquareMerchant(string? Id, string? BusinessName);

internal sealed record SquareTokenStatus(List<string>? Scopes, string? MerchantId);

internal sealed record SquareEvent(string? EventId, string? Type, string? MerchantId, DateTimeOffset? CreatedAt, SquareEventData? Data)
{
    /// <summary>A payment or refund that changed, changed its order.</summary>
    public ServiceEvent ToEvent(string id, string type)
    {
        var about = Data?.Object?.Values.FirstOrDefault(static member => member.ValueKind == JsonValueKind.Object) ?? default;
        return new ServiceEvent
        {
            EventId = id,
            Kind = type switch
            {
                "order.created" => ServiceEventKind.OrderCreated,
                "order.updated" or "order.fulfillment.updated" or "payment.created" or "payment.updated" or "refund.created" or "refund.updated" => ServiceEventKind.OrderUpdated,
                "catalog.version.updated" => ServiceEventKind.CatalogChanged,
                "oauth.authorization.revoked" => ServiceEventKind.GrantRevoked,
                _ => ServiceEventKind.Other,
            },
            AccountId = MerchantId,
            LocationId = Text(about, "location_id"),
            RecordIds = Text(about, "order_id") is { } order ? [order] : [],
            At = CreatedAt,
        };
    }

    private static string? Text(JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
