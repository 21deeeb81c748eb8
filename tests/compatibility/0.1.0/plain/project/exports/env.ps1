$env:ARKA_PROFILE = 'work'
$env:ARKA_API_KEY = 'arka_wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww9f3c'
$env:ARKA_API_URL = 'https://arka-ai.com'
