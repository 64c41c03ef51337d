using System.Text;
using System.Text.Json;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Toast.Api;

/// <summary>The authentication API.</summary>
internal sealed class LoginEndpoint(TokenBook tokens, ChaosGate chaos)
{
    public Task LogInAsync(HttpContext context)
    {
        switch (chaos.Setting.TokenEndpoint)
        {
            case TokenEndpointMode.Unavailable:
                throw ToastFault.Of(StatusCodes.Status503ServiceUnavailable);
            case TokenEndpointMode.Html:
                return ToastAnswer.SendAsync(context, Encoding.UTF8.GetBytes("<html><body>Maintenance</body></html>"), "text/html");
        }

        var (id, secret, access) = Read(context);
        var (token, expiresIn) = tokens.LogIn(id, secret, access);
        if (chaos.Setting.TokenEndpoint == TokenEndpointMode.AnswerLost)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        return ToastAnswer.SendAsync(context, ToastAnswer.Render(json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("token");
            json.WriteString("tokenType", "Bearer");
            json.WriteNumber("expiresIn", expiresIn);
            json.WriteString("accessToken", token);
            json.WriteEndObject();
            json.WriteString("status", "SUCCESS");
            json.WriteEndObject();
        }));
    }

    private static (string? Id, string? Secret, string? Access) Read(HttpContext context)
    {
        try
        {
            using var body = JsonDocument.Parse(RequestBody.Of(context));
            return (Text(body, "clientId"), Text(body, "clientSecret"), Text(body, "userAccessType"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw ToastFault.Invalid("The body is not a JSON object.");
        }
    }

    private static string? Text(JsonDocument body, string name) => body.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
}
