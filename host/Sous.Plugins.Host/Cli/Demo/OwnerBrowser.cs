using System.Net;
using System.Text.RegularExpressions;

namespace Sous.Plugins.Host.Cli.Demo;

/// <summary>
/// The restaurant owner's browser: keeps cookies, follows redirects one by one and presses the buttons of the pages that it
/// is shown, until it is sent to the platform's own address.
/// </summary>
/// <param name="handler">What is under it: follows no redirect, keeps cookies.</param>
internal sealed partial class OwnerBrowser(HttpMessageHandler handler) : IDisposable
{
    private const int MostSteps = 12;

    private readonly HttpClient _http = new(handler);

    public OwnerBrowser()
        : this(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = true, UseProxy = false })
    {
    }

    /// <summary>Opens a connect address, consents, and returns the address of the platform that the owner lands on.</summary>
    public async Task<Uri> ConsentAsync(Uri connect, Uri platform, CancellationToken cancellationToken)
    {
        var next = new HttpRequestMessage(HttpMethod.Get, connect);
        for (var step = 0; step < MostSteps; step++)
        {
            using var request = next;
            var at = request.RequestUri ?? connect;
            if (at.AbsoluteUri.StartsWith(platform.AbsoluteUri, StringComparison.Ordinal))
            {
                return at;
            }

            using var response = await _http.SendAsync(request, cancellationToken);
            next = response.Headers.Location is { } location
                ? new HttpRequestMessage(HttpMethod.Get, new Uri(at, location))
                : PressFirstButton(at, response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        }

        throw new DemoFailedException("The connect pages led nowhere.");
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage PressFirstButton(Uri at, HttpStatusCode status, string page)
    {
        var form = Form().Match(page);
        if (status != HttpStatusCode.OK || !form.Success)
        {
            throw new DemoFailedException($"The page at {at.GetLeftPart(UriPartial.Path)} answered {(int)status} and shows no button.");
        }

        var action = Attribute(form.Groups["tag"].Value, "action");
        var post = Attribute(form.Groups["tag"].Value, "method").Equals("post", StringComparison.OrdinalIgnoreCase);
        var fields = Field().Matches(form.Groups["body"].Value)
            .Select(static match => KeyValuePair.Create(Attribute(match.Value, "name"), Attribute(match.Value, "value")))
            .Where(static pair => pair.Key.Length > 0)
            .DistinctBy(static pair => pair.Key)
            .ToList();
        var target = action.Length == 0 ? at : new Uri(at, action);
        return post
            ? new HttpRequestMessage(HttpMethod.Post, target) { Content = new FormUrlEncodedContent(fields) }
            : new HttpRequestMessage(HttpMethod.Get, new UriBuilder(target) { Query = string.Join('&', fields.Select(static field => $"{field.Key}={Uri.EscapeDataString(field.Value)}")) }.Uri);
    }

    private static string Attribute(string tag, string name)
        => WebUtility.HtmlDecode(Regex.Match(tag, $"\\b{name}\\s*=\\s*\"([^\"]*)\"", RegexOptions.IgnoreCase).Groups[1].Value);

    [GeneratedRegex("(?<tag><form\\b[^>]*>)(?<body>.*?)</form>", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Form();

    [GeneratedRegex("<(input|button|select)\\b[^>]*>", RegexOptions.IgnoreCase)]
    private static partial Regex Field();
}
