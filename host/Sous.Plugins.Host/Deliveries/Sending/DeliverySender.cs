using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Events;

namespace Sous.Plugins.Host.Deliveries.Sending;

/// <summary>
/// Sends one delivery once, signed at that moment. What is answered counts by its status alone: no redirect is followed, and its
/// body is not read.
/// </summary>
internal sealed class DeliverySender : IDisposable
{
    private const int MostDrained = 4096;

    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(1);

    private readonly SubscriptionSecrets _secrets;
    private readonly ReconnectLinks _links;
    private readonly DeliveryAddresses _addresses;
    private readonly DeliveriesOptions _options;
    private readonly TimeProvider _clock;
    private readonly HttpMessageInvoker _http;

    public DeliverySender(
        SubscriptionSecrets secrets, ReconnectLinks links, DeliveryAddresses addresses, Adoption adoption, IOptions<DeliveriesOptions> options, TimeProvider clock)
    {
        (_secrets, _links, _addresses, _options, _clock) = (secrets, links, addresses, options.Value, clock);
        _http = new HttpMessageInvoker(new AdoptionHandler(adoption) { InnerHandler = CreateSockets() });
    }

    /// <summary>Names to addresses; a seam for tests.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; set; } = Dns.GetHostAddressesAsync;

    public async Task<DeliveryAttempt> SendAsync(Subscription subscription, Delivery delivery, CancellationToken cancellationToken)
    {
        var at = _clock.GetUtcNow();
        var started = _clock.GetTimestamp();
        DeliveryAttempt Ended(int? status, string? reason, TimeSpan? retryAfter = null) => new(at, _clock.GetElapsedTime(started), status, reason, retryAfter);

        if (!_addresses.MayGoTo(subscription.Url))
        {
            return Ended(null, $"The address is not one that may be delivered to any more; {DeliveryAddresses.Remedy}.");
        }

        using var deadline = new CancellationTokenSource(_options.Timeout, _clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var request = await MakeAsync(subscription, delivery, at, cancellationToken);
            using var response = await _http.SendAsync(request, stop.Token);
            return Ended((int)response.StatusCode, ReasonOf(response.StatusCode), WaitOf(response));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Ended(null, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Nothing was answered within {_options.Timeout.TotalSeconds:0} s."));
        }
        catch (HttpRequestException e)
        {
            return Ended(null, ReasonOf(e));
        }
        catch (CredentialException e)
        {
            return Ended(null, e.Message);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpRequestMessage> MakeAsync(Subscription subscription, Delivery delivery, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var connect = delivery is { Type: PlatformEvents.NeedsReconnect, Connection: { } connection, EditedFrom: null }
            ? await _links.FindAsync(connection, delivery.At, subscription.ReturnTo, cancellationToken)
            : null;
        var body = DeliveryBody.Write(delivery, connect);
        var timestamp = WebhookSignature.Timestamp(at);
        var keys = await _secrets.RevealAsync(subscription, at, cancellationToken);
        var request = new HttpRequestMessage(HttpMethod.Post, subscription.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", delivery.Event);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", WebhookSignature.Sign(delivery.Event, timestamp, body, keys));
        return request;
    }

    private SocketsHttpHandler CreateSockets() => new()
    {
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        ConnectCallback = new GuardedConnector(_addresses.MayLieInside, (host, token) => Resolve(host, token), DeliveryAddresses.Remedy).ConnectAsync,
        ConnectTimeout = _options.Timeout,
        MaxConnectionsPerServer = 256,
        MaxResponseDrainSize = MostDrained,
        MaxResponseHeadersLength = 64,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),
        UseCookies = false,
        UseProxy = false,
    };

    private static string? ReasonOf(HttpStatusCode status) => (int)status switch
    {
        >= 200 and < 300 => null,
        >= 300 and < 400 => $"It answered {(int)status}, and redirects are not followed.",
        410 => "It answered 410: it wants nothing any more.",
        _ => $"It answered {(int)status}.",
    };

    private static string ReasonOf(HttpRequestException failure) => failure switch
    {
        // Where just is the operator's to know: a tenant could look names of the operator's network up by it.
        { InnerException: EgressRefusedException } => $"It leads into a private network; an operator who means that must {DeliveryAddresses.Remedy}.",
        { InnerException: AuthenticationException } => "Its certificate is not one that can be trusted.",
        { HttpRequestError: HttpRequestError.NameResolutionError } => "Its name leads nowhere.",
        { HttpRequestError: HttpRequestError.ConnectionError } => "Nothing listens there.",
        _ => "The connection broke off before it answered.",
    };

    /// <summary>How long it asks to wait, with an answer that fails.</summary>
    private TimeSpan? WaitOf(HttpResponseMessage response)
    {
        var asked = response.IsSuccessStatusCode ? null : ServiceWord.ReadWait(response, _clock.GetUtcNow());
        return asked < s_least ? s_least : asked;
    }
}
