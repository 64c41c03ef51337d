using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Toast;

/// <summary>Speaks HTTP with Toast, about the bound restaurants alone, and turns what goes wrong into the five failures. Retries nothing.</summary>
internal sealed class ToastApi(DriverContext context)
{
    private const string RestaurantHeader = "Toast-Restaurant-External-ID";
    private const int LargestAnswer = 128 * 1024 * 1024;

    /// <summary>The restaurants that the operator bound to the tenant; the client itself may see those of others.</summary>
    public IReadOnlySet<string> Bound { get; } = ReadBound(context.Settings);

    /// <summary>The restaurants that let the client in, or null where it may not ask for them.</summary>
    public Task<List<ToastAccess>?> AccessibleAsync(CancellationToken cancellationToken)
        => SendAsync(null, "partners/v1/restaurants", Parse(ToastJson.Default.ListToastAccess), HttpStatusCode.Forbidden, cancellationToken);

    /// <summary>A restaurant's configuration.</summary>
    public async Task<ToastRestaurant> RestaurantAsync(string restaurant, CancellationToken cancellationToken)
    {
        var found = await SendAsync(restaurant, $"restaurants/v1/restaurants/{restaurant}?includeArchived=true", Parse(ToastJson.Default.ToastRestaurant), HttpStatusCode.NotFound, cancellationToken).ConfigureAwait(false)
            ?? throw new DriverException(FailureKind.Misconfigured, $"Toast knows no restaurant {restaurant}; correct the setting 'restaurants' of the connection.");
        Confirm(restaurant, found.Guid ?? "");
        return found;
    }

    /// <summary>One page of orders.</summary>
    public async Task<OrdersPage> OrdersAsync(string restaurant, string query, int pageSize, int page, CancellationToken cancellationToken)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"orders/v2/ordersBulk?{query}&pageSize={pageSize}&page={page}");
        var found = await SendAsync(restaurant, path, answer => new OrdersPage(ParseOrders(answer.Body), answer.More), null, cancellationToken).ConfigureAwait(false);
        foreach (var order in found?.Orders ?? [])
        {
            Confirm(restaurant, order.RestaurantGuid);
        }

        return found ?? new OrdersPage([], false);
    }

    /// <summary>One order, or null where the restaurant has none of that GUID.</summary>
    public async Task<ToastOrder?> FindOrderAsync(string restaurant, string guid, CancellationToken cancellationToken)
    {
        var order = await SendAsync(restaurant, $"orders/v2/orders/{guid}", answer =>
        {
            var found = JsonSerializer.Deserialize(answer.Body, ToastJson.Default.ToastOrder);
            found?.Raw = answer.Body;
            return found;
        }, HttpStatusCode.NotFound, cancellationToken).ConfigureAwait(false);
        Confirm(restaurant, order?.RestaurantGuid);
        return order is null || Same(order.Guid, guid)
            ? order
            : throw new DriverException(FailureKind.Misconfigured, "Toast answered with another order than was asked for; nothing of it is kept.");
    }

    /// <summary>The GUIDs of a business day's payments.</summary>
    /// <param name="by">Which of their days: paidBusinessDate, refundBusinessDate or voidBusinessDate.</param>
    public async Task<List<string>> PaymentsAsync(string restaurant, string by, DateOnly day, CancellationToken cancellationToken)
        => await SendAsync(restaurant, string.Create(CultureInfo.InvariantCulture, $"orders/v2/payments?{by}={day:yyyyMMdd}"), Parse(ToastJson.Default.ListString), null, cancellationToken).ConfigureAwait(false) ?? [];

    /// <summary>One payment, or null where it is gone.</summary>
    public Task<ToastPayment?> FindPaymentAsync(string restaurant, string guid, CancellationToken cancellationToken)
        => SendAsync(restaurant, $"orders/v2/payments/{guid}", Parse(ToastJson.Default.ToastPayment), HttpStatusCode.NotFound, cancellationToken);

    /// <summary>The menus, or only when they were published; null where none are.</summary>
    public async Task<ToastMenus?> MenusAsync(string restaurant, bool whole, CancellationToken cancellationToken)
    {
        var path = whole ? "menus/v2/menus" : "menus/v2/metadata";
        var menus = await SendAsync(restaurant, path, Parse(ToastJson.Default.ToastMenus), HttpStatusCode.NotFound, cancellationToken).ConfigureAwait(false);
        Confirm(restaurant, menus is null ? null : menus.RestaurantGuid ?? "");
        return menus;
    }

    /// <exception cref="DriverException">The restaurant is not the tenant's.</exception>
    public void Require(string restaurant)
    {
        if (!Bound.Contains(restaurant))
        {
            throw new DriverException(FailureKind.Misconfigured, $"The restaurant {restaurant} is not bound to this connection; its setting 'restaurants' names those that are.");
        }
    }

    private async Task<T?> SendAsync<T>(string? restaurant, string path, Func<Answer, T?> read, HttpStatusCode? nullFor, CancellationToken cancellationToken)
        where T : class
    {
        var what = path.Split('?')[0];
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (restaurant is not null)
        {
            Require(restaurant);
            request.Headers.Add(RestaurantHeader, restaurant);
        }

        try
        {
            using var response = await context.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            await response.Content.LoadIntoBufferAsync(LargestAnswer, cancellationToken).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return Read(read, new Answer(body, HasNext(response)), what);
            }

            return response.StatusCode == nullFor && !IsPage(body) ? null : throw Failure(response, body, restaurant, what);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DriverException(FailureKind.Transient, $"Toast did not answer {what} in time.", inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new DriverException(FailureKind.Transient, $"The connection to Toast broke during {what}.", inner: e);
        }
    }

    private static Func<Answer, T?> Parse<T>(JsonTypeInfo<T> type)
        where T : class
        => answer => JsonSerializer.Deserialize(answer.Body, type);

    private static T? Read<T>(Func<Answer, T?> read, Answer answer, string what)
        where T : class
    {
        try
        {
            return read(answer);
        }
        catch (JsonException e)
        {
            // A body that is JSON through and through was not cut off: its shape is new, and that is for the driver's author.
            throw ToastError.IsJson(answer.Body)
                ? new DriverException(FailureKind.Defect, $"Toast's answer to {what} is not of the shape expected.", inner: e)
                : new DriverException(FailureKind.Transient, $"Toast's answer to {what} is broken off or not JSON.", inner: e);
        }
    }

    private static List<ToastOrder> ParseOrders(byte[] body)
    {
        var orders = new List<ToastOrder>();
        var reader = new Utf8JsonReader(body);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            var order = JsonSerializer.Deserialize(ref reader, ToastJson.Default.ToastOrder) ?? throw new JsonException();
            order.Raw = body.AsMemory(start..(int)reader.BytesConsumed);
            orders.Add(order);
        }

        return orders;
    }

    private static bool HasNext(HttpResponseMessage response)
        => response.Headers.TryGetValues("link", out var links) && links.Any(static link => link.Replace("\"", "", StringComparison.Ordinal).Contains("rel=next", StringComparison.OrdinalIgnoreCase));

    private static void Confirm(string asked, string? told)
    {
        if (told is not null && !Same(told, asked))
        {
            throw new DriverException(FailureKind.Misconfigured, $"Toast answered for another restaurant than {asked}, which was asked for; nothing of it is kept.");
        }
    }

    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    // A proxy or a login page in between answers with a page; Toast itself answers with JSON or with nothing.
    private static bool IsPage(ReadOnlySpan<byte> body) => body.TrimStart(" \t\r\n"u8) is [(byte)'<', ..];

    private DriverException Failure(HttpResponseMessage response, byte[] body, string? restaurant, string what)
    {
        var (status, error) = (response.StatusCode, ToastError.Read(body));
        var said = string.Create(CultureInfo.InvariantCulture, $"{(int)status}{error?.About}");
        var at = restaurant is null ? "" : $" of restaurant {restaurant}";
        return status switch
        {
            HttpStatusCode.TooManyRequests => new DriverException(FailureKind.RateLimited, $"Toast asks for a pause ({said}, {what}).", WaitOf(response)),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError or < HttpStatusCode.BadRequest => new DriverException(FailureKind.Transient, $"Toast is unwell ({said}, {what}).", WaitOf(response)),
            _ when IsPage(body) => new DriverException(FailureKind.Transient, $"Something between here and Toast answered {what} with a page ({said})."),
            HttpStatusCode.Unauthorized => new DriverException(FailureKind.Unauthorized, $"Toast does not accept the client's token ({said}, {what})."),
            HttpStatusCode.Forbidden => new DriverException(FailureKind.Misconfigured, $"Toast refuses {what}{at}: the client lacks the scope {ScopeOf(what)}, or the restaurant has not let it in ({said})."),
            _ => new DriverException(FailureKind.Defect, $"Toast refuses {what} as it was asked ({said})."),
        };
    }

    private TimeSpan? WaitOf(HttpResponseMessage response)
    {
        var (now, asked) = (context.Clock.GetUtcNow(), response.Headers.RetryAfter);
        var wait = asked?.Delta ?? (asked?.Date - now)
            ?? (response.StatusCode == HttpStatusCode.TooManyRequests && response.Headers.TryGetValues("X-Toast-RateLimit-Reset", out var resets)
                && long.TryParse(resets.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var reset) && reset < 253_402_300_799
                    ? DateTimeOffset.FromUnixTimeSeconds(reset) - now : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static string ScopeOf(string path) => path.Split('/')[0] switch { "orders" => "orders:read", "menus" => "menus:read", _ => "restaurants:read" };

    private static HashSet<string> ReadBound(JsonElement settings)
        => settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty("restaurants", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(static item => item.GetString() ?? "").ToHashSet(StringComparer.OrdinalIgnoreCase)
            : [];

    private readonly record struct Answer(byte[] Body, bool More);
}

/// <summary>Orders of one page, and whether Toast names a page after it.</summary>
internal sealed record OrdersPage(List<ToastOrder> Orders, bool More);
